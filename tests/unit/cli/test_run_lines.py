"""What happens in a run, line by line."""

from io import StringIO
from typing import Any

from vrooli.cli.run_lines import RunLines
from vrooli.client.run_names import APPROVING, HANDING


class Known:
    """What would be asked of a server."""

    def question(self, approval: str) -> str:
        return f"May {approval} go?"

    def task(self, run: str) -> str:
        return f"look at it  asks a person: `done {run}`"

    def failure(self, run: str) -> str:
        return f"{run} broke (python)"

    def unmade(self, swarm: str) -> dict[str, str]:
        return {"misfit": f"{swarm} does not fit"}


def event(run: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"run": run, "kind": kind, "attempt": 1, "type": "http", **more}


def lines_of(*events: dict[str, Any]) -> list[str]:
    said: list[str] = []
    lines = RunLines("s", said.append, StringIO(), Known())
    for one in events:
        lines.tell(one)
    return said


def test_what_happens_in_a_run_below_is_named_by_its_task() -> None:
    assert lines_of(
        event("s", "run.created"),
        event("t", "run.created", parent="s", path="swarm/inner"),
        event("u", "run.created", parent="t", path="swarm/clean[2]"),
        event("u", "step.completed", path="status", attempt=2),
        event("u", "run.waiting"),
        event("r", "run.created", parent="s", path="call"),
        event("r", "step.begun", path="x"),
        event("s", "run.paused", reason="lunch"),
        event("z", "step.failed", path="y"),
    ) == [
        "  ✓ inner: clean[2]: status  http (attempt 2)",
        "  · inner: clean[2]: waits for a decision",
        "  ▸ call: x  http",
        "  · is paused: lunch",
        "  ✗ run z: y  http",
    ]


def test_a_task_that_fails_is_told_with_the_reason() -> None:
    assert lines_of(
        event("t", "run.created", parent="s", path="swarm/clean"),
        event("t", "step.failed", path="remove", why="no space left\non /var"),
        event("t", "run.failed"),
        event("u", "run.created", parent="s", path="swarm/other"),
        event("u", "run.cancelled", by="run s"),
        event("s", "swarm.written", name="skipped", by="last"),
        event("s", "swarm.written", name="unmade"),
        event("s", "swarm.written", name="unmade"),
        event("s", "run.failed"),
    ) == [
        "  ✗ clean: remove  http  no space left",
        "  ✗ clean: failed: t broke (python)",
        "  ✗ other: cancelled: by run s",
        "  · last: is skipped",
        "  ✗ misfit: could not begin: s does not fit",
    ]


def test_what_waits_for_somebody_is_told_once_with_what_is_asked() -> None:
    question = {"path": "ask", "id": "7f"}
    assert lines_of(
        event("g", "run.created", parent="s", path="swarm/clean/approval", routine=APPROVING),
        event("p", "run.created", parent="s", path="swarm/judge", routine=HANDING),
        event("g", "step.begun", path="ask", type="approval"),
        event("g", "approval.asked", **question),
        event("p", "step.begun", path="done", type="wait"),
        event("g", "run.waiting"),
        event("p", "run.waiting"),
        event("s", "run.waiting"),
        event("s", "run.pending", why="swarm"),
        event("s", "run.waiting"),
        event("g", "approval.approved", **question, by="ann"),
        event("p", "run.completed"),
    ) == [
        "  ? judge: look at it  asks a person: `done p`",
        "  ? clean: May 7f go?  asks: `vrooli approval show 7f`",
        "  · clean: approved by ann",
        "  ✓ judge: is done",
    ]


def test_that_a_run_waits_is_told_again_after_it_went_on_only() -> None:
    assert lines_of(
        event("s", "run.waiting"),
        event("s", "run.pending", why="swarm"),
        event("s", "run.waiting"),
        event("s", "run.paused"),
        event("s", "run.pending", why="resumed"),
        event("s", "run.paused"),
        event("s", "run.pending", why="resumed"),
        event("s", "step.begun", path="next"),
        event("s", "run.waiting", **{"for": "tasks"}),
    ) == [
        "  · waits for a decision",
        "  · is paused",
        "  · goes on",
        "  · is paused",
        "  · goes on",
        "  ▸ next  http",
        "  · waits for its tasks",
    ]


def test_what_is_written_on_a_swarm_and_said_to_it_is_told() -> None:
    assert lines_of(
        event("t", "run.created", parent="s", path="swarm/sizes"),
        event("s", "swarm.written", name="board.sizes", version=1, by="t"),
        event("s", "swarm.written", name="policy", version=2, by="ann", reason="slower"),
        event("s", "signal.sent", name="message", by="ann"),
        event("t", "signal.sent", name="done", by="ann"),
    ) == [
        "  · version 1 of board.sizes was written, by sizes",
        "  · version 2 of policy was written, by ann: slower",
        "  · a message came, by ann",
    ]
