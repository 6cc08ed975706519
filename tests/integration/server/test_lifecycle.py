"""The server as a process: start, drain, ports, and what it logs."""

import json
import signal
import socket
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.server import server_process
from tests.support.waiting import wait_for


def test_it_comes_up_migrated_and_healthy(empty_dsn: str, tmp_path: Path) -> None:
    with server_process(tmp_path, empty_dsn) as server:
        server.wait("/health")
        body = server.get("/health").json()
    assert body["status"] == "healthy"
    assert body["readiness"] is True
    assert body["service"] == "vrooli-server"
    assert body["dependencies"]["postgres"]["connected"] is True
    assert body["dependencies"]["postgres"]["error"] is None
    assert body["dependencies"]["postgres"]["latency_ms"] > 0
    assert set(body) == {
        *("status", "service", "version", "timestamp", "uptime_seconds"),
        *("readiness", "dependencies"),
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_ends_with_0_when_asked_to(
    dsn: str, tmp_path: Path, number: signal.Signals
) -> None:
    with server_process(tmp_path, dsn) as server:
        server.wait("/health")
        assert server.process is not None
        server.process.send_signal(number)
        assert server.process.wait(60) == 0, server.log


def test_sigterm_before_postgres_is_there_ends_it_with_0(tmp_path: Path) -> None:
    with server_process(tmp_path, f"postgresql://a:b@127.0.0.1:{free_port()}/x") as server:
        server.wait("/health/live")
        assert server.stop() == 0, server.log


def test_a_request_in_flight_is_finished_after_sigterm(dsn: str, tmp_path: Path) -> None:
    body = json.dumps({"host": "h", "records": [record(1)]}).encode()
    with server_process(tmp_path, dsn) as server:
        server.wait("/health")
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as slow:
            slow.sendall(head(server.token, len(body)) + body[:10])
            # The server has begun with it once it answers a request that came later.
            server.wait("/health/live")
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            wait_for(lambda: refuses(server.port), "the port is closed")
            slow.sendall(body[10:])
            answer = slow.makefile("rb").read()
        assert server.process.wait(60) == 0, server.log
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'"accepted":1' in answer


def test_a_request_that_never_ends_is_cut_off_at_the_limit(dsn: str, tmp_path: Path) -> None:
    with server_process(tmp_path, dsn, DRAIN_SECONDS="1") as server:
        server.wait("/health")
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as slow:
            slow.sendall(head(server.token, 100))
            server.wait("/health/live")
            assert server.stop() == 0, server.log


def test_a_taken_port_is_named_without_a_traceback(dsn: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with server_process(tmp_path, dsn, PORT=port) as server:
            assert server.process is not None
            assert server.process.wait(60) == 1
            assert f"127.0.0.1:{port}" in server.log
            assert "PORT" in server.log
            assert "Traceback" not in server.log


def test_settings_that_are_missing_are_a_usage_error(tmp_path: Path) -> None:
    with server_process(tmp_path, "") as server:
        assert server.process is not None
        assert server.process.wait(60) == 2
        assert "DATABASE_URL is not set" in server.log


def test_every_log_line_is_json_with_ecs_names_and_no_secret(dsn: str, tmp_path: Path) -> None:
    with server_process(tmp_path, dsn) as server:
        server.wait("/health")
        assert server.get("/nothing-here?token=s3cr3tvalue").status_code == 404
        server.stop()
        text = server.log
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        assert {"@timestamp", "log.level", "message", "service.name"} <= set(line)
    request = next(line for line in lines if line.get("url.path") == "/nothing-here")
    assert request["http.request.method"] == "GET"
    assert request["http.response.status_code"] == 404
    assert request["event.duration"] > 0
    password = dsn.split(":")[2].split("@")[0]
    assert password not in text
    assert server.token not in text
    assert "s3cr3tvalue" not in text


def record(seq: int) -> dict[str, object]:
    """A valid record."""
    return {"boot": "b", "seq": seq, "at": 1.0, "kind": "result", "subject": "s"}


def head(token: str, length: int) -> bytes:
    """The head of a POST whose body is still to come."""
    return (
        "POST /api/v1/history HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def refuses(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
