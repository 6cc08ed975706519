"""What is told of steps and runs, and what never is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.clocks import TurnedClock
from tests.support.flow import ended
from vrooli.core.ports.http import Answer, Request
from vrooli.core.ports.sql import Rows, Statement
from vrooli.core.ports.traces import ASKS, INSIDE, Fact, Span, Told
from vrooli.execution.run_spans import told
from vrooli.execution.runs.children import child_id
from vrooli.execution.tracing import (
    TracedExecutor,
    TracedHttp,
    TracedNotes,
    TracedSql,
    above_steps,
    span_of_run,
    span_of_step,
    trace_of,
)
from vrooli.flow.driver import Parked
from vrooli.flow.entries import Failure, Finished
from vrooli.flow.interpreter import Call
from vrooli.flow.model import StepNode
from vrooli.flow.notes import NoNotes, Note, Turn
from vrooli.flow.template import Template
from vrooli.host.memory.http import MemoryHttp

ROOT, BY = "0123456789abcdef", f"00-{'a' * 32}-{'b' * 16}-01"


@dataclass
class Kept:
    """Keeps spans."""

    spans: list[dict[str, Any]] = field(default_factory=list)
    over: list[Told] = field(default_factory=list)
    now: str = ""

    @contextmanager
    def span(
        self, name: str, facts: Mapping[str, Fact], *, kind: str = INSIDE, above: str = ""
    ) -> Iterator[Span]:
        found = {"name": name, "kind": kind, "above": above, **facts}
        self.spans.append(found)
        yield _Kept(found)

    def tell(self, told: Told) -> None:
        self.over.append(told)

    def here(self) -> str:
        return self.now


@dataclass
class _Kept:
    found: dict[str, Any]

    def note(self, facts: Mapping[str, Fact], name: str = "") -> None:
        self.found.update(facts)

    def failed(self, kind: str) -> None:
        self.found["failed"] = kind


@dataclass
class Steps:
    """Executes: lasting or not, with or without a failure."""

    does_last: bool = False
    failure: Failure | None = None
    parks: bool = False

    def repeatable(self, call: Call) -> bool:
        return True

    def lasting(self, call: Call) -> bool:
        return self.does_last

    async def execute(self, call: Call, begun: float) -> Finished:
        if self.parks:
            raise Parked(None)
        return ended(call, None if self.failure else 1, self.failure)


def call(type_: str = "wait") -> Call:
    node = StepNode("x", type_, Template(None))
    return Call("each[2].x", 3, node, {"secret": "hunter2"}, 0.0)


def executor(steps: Steps, kept: Kept) -> TracedExecutor:
    asked = []

    async def above(run: str) -> str:
        asked.append(run)
        assert len(asked) == 1, "looked up once"
        return BY

    return TracedExecutor(ROOT, steps, kept, TurnedClock(wall=50.0), above)


async def test_an_attempt_is_told_by_what_it_is_alone() -> None:
    kept = Kept()
    one = executor(Steps(failure=Failure("http-status", "hunter2")), kept)
    await one.execute(call("http"), 0.0)
    await one.execute(call("http"), 0.0)
    assert kept.spans[0] == {
        "name": "step http",
        "kind": INSIDE,
        "above": BY,
        "vrooli.run.id": ROOT,
        "vrooli.step.path": "each[2].x",
        "vrooli.step.attempt": 3,
        "vrooli.step.type": "http",
        "failed": "http-status",
    }


async def test_what_is_put_down_and_taken_up_is_told_once_at_its_end() -> None:
    kept, steps = Kept(), Steps(does_last=True, parks=True)
    one = executor(steps, kept)
    for _ in range(3):
        with pytest.raises(Parked):
            await one.execute(call(), 10.0)
    assert kept.over == []
    steps.parks = False
    await one.execute(call(), 10.0)
    (found,) = kept.over
    assert (found.began, found.ended, found.above) == (10.0, 50.0, BY)
    assert (found.trace, found.id) == ("a" * 32, span_of_step(ROOT, "each[2].x", 3))
    assert kept.spans == []


async def test_a_request_to_a_model_tells_its_model_and_its_tokens() -> None:
    kept = Kept()
    request = {"model": "openai:x", "messages": ["hunter2"]}

    async def work(turn: Turn) -> Any:
        return {"parts": ["hunter2"], "usage": {"input_tokens": 3, "output_tokens": 4}}

    await TracedNotes(NoNotes(), kept).once(Note("model[1]", "model", request, True), work)
    (found,) = kept.spans
    assert found["gen_ai.request.model"] == "openai:x"
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == (3, 4)
    assert "hunter2" not in str(found)


async def test_the_use_of_a_tool_of_an_mcp_server_tells_both_names_and_its_failure() -> None:
    kept = Kept()
    notes = TracedNotes(NoNotes(), kept)
    used = {"mcp": "issues", "tool": "search", "arguments": {"q": "hunter2"}}
    said = {"failed": {"kind": "refused", "reason": "hunter2"}}

    async def work(turn: Turn) -> Any:
        return said

    await notes.once(Note("tool[1]", "mcp", used, False), work)
    await notes.once(Note("tool[2]", "tool", {"tool": "read_file"}, True), work)
    await notes.once(Note("mcp:issues", "mcp", {"server": "issues", "where": "x"}, True), work)
    first, second, third = kept.spans
    assert (first["name"], first["kind"], first["failed"]) == ("tool call", ASKS, "refused")
    assert (first["gen_ai.tool.name"], first["vrooli.mcp.server"]) == ("search", "issues")
    assert (second["gen_ai.tool.name"], second["failed"]) == ("read_file", "refused")
    assert (third["name"], third["vrooli.mcp.server"]) == ("list of tools", "issues")
    assert "hunter2" not in str(kept.spans)


async def test_a_request_tells_its_host_alone_and_says_above_whom_it_is() -> None:
    kept, sent = Kept(now=BY), []

    async def answer(request: Request) -> Answer:
        sent.append(request)
        return Answer(503, {}, b"hunter2")

    url = "https://example.org/hunter2?key=hunter2"
    http = TracedHttp(MemoryHttp(answer), kept)
    await http.send(Request("POST", url, {"X-Key": "hunter2"}, b"hunter2"), 100)
    assert (kept.spans[0]["server.address"], kept.spans[0]["server.port"]) == ("example.org", 443)
    assert kept.spans[0]["failed"] == "503"
    assert "hunter2" not in str(kept.spans)
    assert sent[0].headers == {"X-Key": "hunter2", "traceparent": BY}
    await http.send(Request("GET", "http://web:no/", {"Traceparent": "own"}), 100)
    assert sent[1].headers == {"Traceparent": "own"}


@pytest.mark.parametrize(
    ("text", "verb"), [("select 'hunter2'", "SELECT"), ("hunter2 x", None), ("", None)]
)
async def test_a_statement_is_told_by_its_verb_alone(text: str, verb: str | None) -> None:
    class Asked:
        async def ask(self, dsn: str, statement: Statement) -> Rows:
            return Rows(["a"], [["hunter2"]])

    kept = Kept()
    await TracedSql(Asked(), kept).ask("postgresql://u:hunter2@h/d", Statement(text))
    assert kept.spans[0].get("db.operation.name") == verb
    assert kept.spans[0]["db.response.returned_rows"] == 1
    assert "hunter2" not in str(kept.spans)


def test_the_span_of_a_run_has_its_id_and_the_trace_of_who_started_its_tree() -> None:
    assert above_steps(ROOT, "r", BY) == f"00-{'a' * 32}-{ROOT}-01"
    trace, flags = trace_of("r", None)
    assert (len(trace), flags) == (32, "01")
    assert above_steps("odd name", "r", None) == f"00-{trace}-{span_of_run('odd name')}-01"
    assert trace_of("r", "no traceparent") == (trace, "01")


@pytest.mark.parametrize("started_by", [BY, None])
def test_a_run_in_a_run_lies_below_the_attempt_that_started_it(started_by: str | None) -> None:
    child = child_id(ROOT, "a", 7)
    times = (1.0, 3.0, 9.0)
    found = told((child, ROOT, ROOT, "a", "leaf", "failed", "budget", *times, started_by))
    trace, _ = trace_of(ROOT, started_by)
    assert found.above == f"00-{trace}-{span_of_step(ROOT, 'a', 7)}-01"
    assert found.id == span_of_run(child) != span_of_step(ROOT, "a", 7)
    assert (found.trace, found.failure, found.facts["vrooli.run.queue_seconds"]) == (
        trace,
        "budget",
        2.0,
    )
    first = told((ROOT, ROOT, None, None, "x", "completed", None, *times, started_by))
    assert (first.above, first.failure) == (started_by or "", "")
