"""Spans of the work: runs, attempts of steps, and what steps ask of others.

A run lasts longer than the process that works on it. So the id of its span is that of the run, and
the trace is that of the request which started its tree, kept with the first event of the tree:
every process that goes on with it finds both, and whoever ends it tells the span of the run.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.core.ports.http import Answer, Http, Request
from vrooli.core.ports.sql import Rows, Sql, Statement
from vrooli.core.ports.traces import ASKS, INSIDE, Fact, Told, Traces
from vrooli.execution.step_type import StepTools
from vrooli.flow.driver import Executor
from vrooli.flow.entries import Finished
from vrooli.flow.interpreter import Call
from vrooli.flow.notes import Note, Notes, Turn, Work

_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")
_VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "CALL", "COPY", "VALUES")

STARTED_BY = """
SELECT r.root, e.data->>'traceparent' FROM runs r JOIN run_events e ON e.root = r.root AND e.seq = 1
WHERE r.id = $1
"""


def span_of_run(run: str) -> str:
    """Id of its span: its own, which has the right length."""
    return run if _ID.fullmatch(run) else _digest(run)[:16]


def span_of_step(run: str, path: str, attempt: int) -> str:
    """Id of the span of an attempt that outlasts processes; not that of the run that it starts."""
    return _digest(f"step {run}:{path}:{attempt}")[:16]


def trace_of(root: str, started_by: str | None) -> tuple[str, str]:
    """Trace and flags of a tree.

    Args:
        root: its first run.
        started_by: `traceparent` of the request that started it, if that was traced.
    """
    found = _TRACEPARENT.fullmatch(started_by or "")
    return (found[1], found[2]) if found else (_digest(root)[:32], "01")


def above_steps(run: str, root: str, started_by: str | None) -> str:
    """`traceparent` of a run, for its steps."""
    trace, flags = trace_of(root, started_by)
    return f"00-{trace}-{span_of_run(run)}-{flags}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def traced(tools: StepTools) -> StepTools:
    """The same, and what they ask of others is told, where somebody wants to know."""
    if tools.traces is None:
        return tools
    http, sql = TracedHttp(tools.http, tools.traces), TracedSql(tools.sql, tools.traces)
    return replace(tools, http=http, sql=sql)


@dataclass
class RunTraces:
    """What one process tells of runs.

    Attributes:
        traces: takes the spans.
        database: where the runs are.
        clock: time.
    """

    traces: Traces
    database: Database
    clock: Clock

    async def above_steps(self, run: str) -> str:
        """`traceparent` of a run; empty when PostgreSQL is away: its steps are told alone."""
        try:
            async with self.database.connection() as connection:
                row = await connection.fetchrow(STARTED_BY, run)
        except VrooliError:
            return ""
        return above_steps(run, *row) if row else ""

    def executor(self, run: str, inner: Executor) -> Executor:
        """The same, whose attempts are told."""
        return TracedExecutor(run, inner, self.traces, self.clock, self.above_steps)

    def notes(self, inner: Callable[[str], Notes]) -> Callable[[str], Notes]:
        """The same, for what steps do inside themselves."""
        return lambda path: TracedNotes(inner(path), self.traces)


@dataclass
class TracedExecutor:
    """See `flow.driver.Executor`.

    Attributes:
        run: id of the run whose steps these are.
        inner: what executes.
        traces: takes the spans.
        clock: time.
        above: looks `traceparent` of the run up.
    """

    run: str
    inner: Executor
    traces: Traces
    clock: Clock
    above: Callable[[str], Awaitable[str]]
    _above: str = field(default="", init=False)

    def repeatable(self, call: Call) -> bool:
        """See the port."""
        return self.inner.repeatable(call)

    def lasting(self, call: Call) -> bool:
        """See the port."""
        return self.inner.lasting(call)

    async def execute(self, call: Call, begun: float) -> Finished:
        """See the port."""
        self._above = self._above or await self.above(self.run)
        name = f"step {call.node.type}"
        if self.lasting(call):
            finished = await self.inner.execute(call, begun)
            self._tell(call, name, begun, finished)
            return finished
        with self.traces.span(name, self._facts(call), above=self._above) as span:
            finished = await self.inner.execute(call, begun)
            if finished.failure is not None:
                span.failed(finished.failure.kind)
        return finished

    def _tell(self, call: Call, name: str, begun: float, finished: Finished) -> None:
        """One that was put down and taken up in between, maybe by another process, is told once."""
        id = span_of_step(self.run, call.path, call.attempt)
        trace = self._above[3:35] or trace_of(self.run, None)[0]
        failure = finished.failure.kind if finished.failure else ""
        times = (begun, self.clock.wall())
        self.traces.tell(Told(name, id, trace, self._above, *times, self._facts(call), failure))

    def _facts(self, call: Call) -> dict[str, Fact]:
        return {
            "vrooli.run.id": self.run,
            "vrooli.step.path": call.path,
            "vrooli.step.attempt": call.attempt,
            "vrooli.step.type": call.node.type,
        }


@dataclass(frozen=True, slots=True)
class TracedNotes:
    """Requests to models and uses of tools; what is taken from the journal is not told again.

    Attributes:
        inner: the notes of a step.
        traces: takes the spans.
    """

    inner: Notes
    traces: Traces

    async def once(self, note: Note, work: Work) -> Any:
        """See the port."""
        name, side, facts = _of_note(note)

        async def told(turn: Turn) -> Any:
            with self.traces.span(name, facts, kind=side) as span:
                value = await work(turn)
                if note.type == "model":
                    span.note(_usage(value))
                elif kind := _failed(value):
                    span.failed(kind)
                return value

        return await self.inner.once(note, told)


def _of_note(note: Note) -> tuple[str, str, dict[str, Fact]]:
    if note.type == "model":
        return "model request", ASKS, {"gen_ai.request.model": str(note.request["model"])}
    if note.type == "tool":
        return "tool call", INSIDE, {"gen_ai.tool.name": str(note.request["tool"])}
    if note.type == "mcp":
        return _of_mcp(note.request)
    return note.type, INSIDE, {}


def _of_mcp(request: Mapping[str, Any]) -> tuple[str, str, dict[str, Fact]]:
    """The use of a tool of an MCP server, or the question which ones it has."""
    if "tool" not in request:
        return "list of tools", ASKS, {"vrooli.mcp.server": str(request["server"])}
    facts: dict[str, Fact] = {"gen_ai.tool.name": str(request["tool"])}
    return "tool call", ASKS, {**facts, "vrooli.mcp.server": str(request["mcp"])}


def _failed(value: Any) -> str:
    """Kind of the failure of a tool that the model is told of; empty when it did well."""
    failure = value.get("failed") if isinstance(value, dict) else None
    return str(failure.get("kind", "")) if isinstance(failure, dict) else ""


def _usage(value: Any) -> dict[str, Fact]:
    used: Mapping[str, Any] = (value.get("usage") or {}) if isinstance(value, dict) else {}
    names = ("input_tokens", "output_tokens")
    return {f"gen_ai.usage.{name}": int(used[name]) for name in names if name in used}


@dataclass(frozen=True, slots=True)
class TracedHttp:
    """Port `Http`, whose requests are told and tell who is asked about the trace.

    Attributes:
        inner: sends.
        traces: takes the spans.
    """

    inner: Http
    traces: Traces

    async def send(self, request: Request, largest: int) -> Answer:
        """See the port. Of the address nothing is told but its host: the rest may be private."""
        with self.traces.span(request.method, _place(request), kind=ASKS) as span:
            answer = await self.inner.send(self._with_parent(request), largest)
            span.note({"http.response.status_code": answer.status})
            if answer.status >= 400:
                span.failed(str(answer.status))
            return answer

    def _with_parent(self, request: Request) -> Request:
        here = self.traces.here()
        if not here or any(name.lower() == "traceparent" for name in request.headers):
            return request
        return replace(request, headers={**request.headers, "traceparent": here})


def _place(request: Request) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"http.request.method": request.method}
    try:
        parts = urlsplit(request.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:  # what sends it says so
        return facts
    return {**facts, "server.address": parts.hostname or "", "server.port": port}


@dataclass(frozen=True, slots=True)
class TracedSql:
    """Port `Sql`, whose statements are told by their verb alone.

    Attributes:
        inner: asks.
        traces: takes the spans.
    """

    inner: Sql
    traces: Traces

    async def ask(self, dsn: str, statement: Statement) -> Rows:
        """See the port."""
        verb = (statement.text.split(None, 1) or [""])[0].upper()
        facts: dict[str, Fact] = {"db.system.name": "postgresql"}
        if verb in _VERBS:
            facts["db.operation.name"] = verb
        with self.traces.span("sql", facts, kind=ASKS) as span:
            rows = await self.inner.ask(dsn, statement)
            span.note({"db.response.returned_rows": len(rows.rows)})
            return rows
