"""What happens in a run, line by line."""

from io import StringIO
from typing import Any

from vrooli.cli.run_lines import RunLines


def event(run: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"run": run, "kind": kind, "attempt": 1, "type": "http", **more}


def test_what_happens_in_a_run_below_is_named_by_its_task() -> None:
    said: list[str] = []
    lines = RunLines("s", said.append, StringIO())
    for one in (
        event("s", "run.created"),
        event("t", "run.created", parent="s", path="swarm/inner"),
        event("u", "run.created", parent="t", path="swarm/clean[2]"),
        event("u", "step.completed", path="status", attempt=2),
        event("u", "run.waiting"),
        event("r", "run.created", parent="s", path="call"),
        event("r", "step.begun", path="x"),
        event("s", "run.paused", reason="lunch"),
        event("z", "step.failed", path="y"),
    ):
        lines.tell(one)
    assert said == [
        "  ✓ inner: clean[2]: status  http (attempt 2)",
        "  · inner: clean[2]: waits for a decision",
        "  ▸ call: x  http",
        "  · is paused: lunch",
        "  ✗ run z: y  http",
    ]
