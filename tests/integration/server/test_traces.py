"""Traces of real servers, taken by a real receiver."""

import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from tests.support.collector import Collector, Seen, collecting
from tests.support.postgres import Postgres
from tests.support.runs import client_of
from tests.support.server import Server, server_process
from tests.support.waiting import wait_for
from tests.support.work import with_tables
from vrooli.client.work import ENDED
from vrooli.execution.tracing import span_of_run
from vrooli.host.traces import ToldOnce

TRACE, ABOVE = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
QUICK = {"OTEL_BSP_SCHEDULE_DELAY": "100"}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as one:
        yield one


@pytest.fixture(scope="module")
def dsn(cluster: Postgres) -> str:
    return with_tables(cluster)


@pytest.fixture(scope="module")
def traced(
    collector: Collector, dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server that sends traces, and may ask its own database."""
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "x-key=hunter2",
        "VROOLI_STEP_SECRETS": "REPORT_DB",
        "REPORT_DB": dsn,
    }
    home: Path = tmp_path_factory.mktemp("home")
    with server_process(home, dsn, **QUICK, **settings) as server:
        server.wait("/health")
        yield server


def start(server: Server, *do: Any, name: str | None = None, **headers: str) -> dict[str, Any]:
    """A run."""
    name = name or f"r{secrets.token_hex(4)}"
    stored = server.post("/api/v1/routines", json={"name": name, "do": list(do)})
    assert stored.status_code == 200, stored.text
    answer = httpx.post(
        f"{server.url}/api/v1/runs",
        json={"routine": name},
        headers={**server.headers, **headers},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text
    run: dict[str, Any] = answer.json()
    return run


def ended(server: Server, run: str) -> dict[str, Any]:
    client = client_of(server)
    wait_for(lambda: client.run(run)["status"] in ENDED, f"the end of {run}")
    return client.run(run)


def span_of(collector: Collector, run: str) -> Seen:
    """The span of a run, when it has come."""
    wait_for(lambda: collector.named("run", vrooli_run_id=run), f"the span of {run}")
    (found,) = collector.named("run", vrooli_run_id=run)
    return found


def test_a_request_is_followed_into_the_run_and_out_again(
    collector: Collector, traced: Server
) -> None:
    with collecting() as web:  # somebody whom a step asks
        asked: list[dict[str, str]] = []
        web.take = lambda body: asked.append(web.headers)  # type: ignore[method-assign]
        steps = (
            {"step": "say", "llm": {"model": "test", "prompt": "hunter2"}},
            {
                "step": "told",
                "http": {
                    "method": "POST",
                    "url": f"{web.url}/v1/traces?key=hunter2",
                    "body": "hunter2",
                    "headers": {"X-Secret": "hunter2"},
                },
            },
            {
                "step": "looked",
                "sql": {"database": "env:REPORT_DB", "query": "SELECT 'hunter2' AS secret"},
            },
            {"step": "file", "tool": {"name": "write_file", "arguments": FILE}},
        )
        run = start(traced, *steps, traceparent=f"00-{TRACE}-{ABOVE}-01")
        assert ended(traced, run["id"])["status"] == "completed"
    whole = span_of(collector, run["id"])
    wait_for(lambda: len(collector.of(TRACE)) >= 9, "all spans")
    spans = {one.id: one for one in collector.of(TRACE)}
    by_name = {one.name: one for one in spans.values()}
    request = by_name["POST /api/v1/runs"]
    assert request.above == ABOVE
    assert request.facts["http.response.status_code"] == 201
    assert (whole.above, whole.id) == (request.id, span_of_run(run["id"]))
    assert whole.facts["vrooli.run.status"] == "completed"
    assert whole.service == "vrooli-server"
    for name in ("step llm", "step http", "step sql", "step tool"):
        assert by_name[name].above == whole.id
        assert by_name[name].facts["vrooli.run.id"] == run["id"]
    model = by_name["model request"]
    assert spans[model.above].name == "step llm"
    assert model.facts["gen_ai.request.model"] == "test"
    assert model.facts["gen_ai.usage.output_tokens"] > 0
    assert spans[by_name["POST"].above].name == "step http"
    assert by_name["sql"].facts["db.operation.name"] == "SELECT"
    (sent,) = asked
    assert sent["traceparent"] == f"00-{TRACE}-{by_name['POST'].id}-01"
    assert collector.headers["x-key"] == "hunter2"
    assert b"hunter2" not in collector.raw


FILE = {"path": "a.txt", "text": "hunter2"}


def test_a_tool_that_a_model_uses_is_told_below_its_step(
    collector: Collector, traced: Server
) -> None:
    say = {"model": "test", "prompt": "do", "tools": ["write_file"], "strategy": "reasoning"}
    run = start(traced, {"step": "say", "llm": say})
    ended(traced, run["id"])
    trace = span_of(collector, run["id"]).trace
    wait_for(lambda: [one for one in collector.of(trace) if one.name == "tool call"], "its span")
    (tool,) = [one for one in collector.of(trace) if one.name == "tool call"]
    assert tool.facts == {"gen_ai.tool.name": "write_file"}


def test_what_fails_is_told_without_what_it_said(collector: Collector, traced: Server) -> None:
    run = start(traced, {"step": "no", "http": {"url": "http://127.0.0.1:1/hunter2"}})
    assert ended(traced, run["id"])["status"] == "failed"
    whole = span_of(collector, run["id"])
    assert (whole.failed, whole.facts["error.type"]) == (True, "unreachable")
    step = collector.named("step http", vrooli_run_id=run["id"])[0]
    assert (step.failed, step.facts["error.type"]) == (True, "unreachable")
    assert b"hunter2" not in collector.raw


def test_another_server_goes_on_with_the_trace_after_kill_9(
    collector: Collector, traced: Server, dsn: str, tmp_path: Path
) -> None:
    """Of a run in a run, whose steps are done half here, half there."""
    leaf = f"leaf{secrets.token_hex(4)}"
    start(traced, {"step": "x", "value": {"n": 1}}, name=leaf)
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "first"}
    with server_process(tmp_path, dsn, VROOLI_QUEUES="own", **QUICK, **settings) as first:
        first.wait("/health")
        routine = {
            "name": f"r{secrets.token_hex(4)}",
            "queue": "own",
            "do": [{"step": "a", "value": {}}, APPROVAL, {"step": "c", "routine": {"name": leaf}}],
        }
        assert first.post("/api/v1/routines", json=routine).status_code == 200
        headers = {**first.headers, "traceparent": f"00-{'c' * 32}-{ABOVE}-01"}
        body = {"routine": routine["name"]}
        run = httpx.post(f"{first.url}/api/v1/runs", json=body, headers=headers, timeout=30).json()
        client = client_of(first)
        wait_for(lambda: client.approvals(run=run["id"])["approvals"], "the question")
        wait_for(lambda: collector.named("step value", vrooli_run_id=run["id"]), "the first step")
        assert first.process is not None
        first.process.kill()
        first.process.wait()
    (question,) = client_of(traced).approvals(run=run["id"])["approvals"]
    second = tmp_path / "second"
    second.mkdir()
    settings["OTEL_SERVICE_NAME"] = "second"
    queues = {"VROOLI_QUEUES": "own,default"}
    with server_process(second, dsn, **queues, **QUICK, **settings) as server:
        server.wait("/health")
        client_of(server).decide(question["id"], True, question["hash"], "")
        assert ended(server, run["id"])["status"] == "completed"
        whole = span_of(collector, run["id"])
        wait_for(lambda: collector.named("step routine", vrooli_run_id=run["id"]), "its last step")
    assert (whole.trace, whole.service) == ("c" * 32, "second")
    steps = [one for one in collector.seen if one.facts.get("vrooli.run.id") == run["id"]]
    assert {one.trace for one in steps} == {"c" * 32}
    assert {(one.name, one.service) for one in steps} == {
        ("step value", "first"),
        ("step approval", "second"),
        ("step routine", "second"),
        ("run", "second"),
    }
    (caller,) = collector.named("step routine", vrooli_run_id=run["id"])
    (below,) = [one for one in collector.of("c" * 32) if one.above == caller.id]
    assert (below.name, below.facts["vrooli.routine"]) == ("run", leaf)


APPROVAL = {"step": "b", "approval": {"message": "may it?", "what": "it"}}


def test_a_collector_that_is_away_or_hangs_costs_nobody_anything(dsn: str, tmp_path: Path) -> None:
    """Here one that takes connections and says nothing: the end of the server is bounded, too."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        small = {"OTEL_BSP_MAX_QUEUE_SIZE": "16", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "8"}
        settings = {**QUICK, **small, "OTEL_EXPORTER_OTLP_ENDPOINT": url, "DRAIN_SECONDS": "1"}
        with server_process(tmp_path, dsn, VROOLI_QUEUES="silent,default", **settings) as server:
            server.wait("/health")
            steps = [{"step": f"s{n}", "value": {}} for n in range(100)]
            run = start(server, *steps)
            assert ended(server, run["id"])["status"] == "completed"
            before = time.monotonic()
            assert server.stop() == 0
            # The bound is that of the test, far above what it takes and far below that of the SDK.
            assert time.monotonic() - before < 20
        assert "Traceback" not in server.log
        assert "opentelemetry" not in server.log


def test_an_outage_of_the_collector_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    class Turned(SpanExporter):
        answer = SpanExportResult.FAILURE

        def export(self, spans: Any) -> SpanExportResult:
            return self.answer

    inner = Turned()
    exporter = ToldOnce(inner)
    caplog.set_level("INFO")
    for answer in [SpanExportResult.FAILURE] * 3 + [SpanExportResult.SUCCESS] * 2:
        inner.answer = answer
        assert exporter.export([]) is answer
    said = [record.message for record in caplog.records]
    assert said == [
        "the collector takes no traces: they are dropped until it does",
        "the collector takes traces again",
    ]


def test_what_cannot_be_used_is_told_at_the_start(dsn: str, tmp_path: Path) -> None:
    with server_process(tmp_path, dsn, OTEL_EXPORTER_OTLP_ENDPOINT="127.0.0.1:4317") as server:
        assert server.process is not None
        assert server.process.wait(60) == 2
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in server.log
    assert "http://127.0.0.1:4318" in server.log
    assert "Traceback" not in server.log
