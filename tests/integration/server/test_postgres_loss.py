"""PostgreSQL comes late, dies, freezes, and comes back: the server lives and says how it is."""

import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.server import Server, server_process

BATCH = {
    "host": "h",
    "records": [{"boot": "b", "seq": 1, "at": 1.0, "kind": "result", "subject": "s"}],
}
PATH = "/api/v1/history"


def assert_away(server: Server) -> None:
    """What everybody is told while PostgreSQL cannot be used."""
    health = server.get("/health")
    assert health.status_code == 503
    body = health.json()
    assert (body["status"], body["readiness"]) == ("unhealthy", False)
    assert body["dependencies"]["postgres"]["connected"] is False
    assert body["dependencies"]["postgres"]["latency_ms"] is None
    assert body["dependencies"]["postgres"]["error"]
    assert server.get("/health/live").status_code == 200
    keyed = {**server.headers, "Idempotency-Key": "k"}
    again = httpx.post(server.url + PATH, json=BATCH, headers=keyed, timeout=30)
    for answer in (server.post(PATH, json=BATCH), again, server.get(PATH)):
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json()["retryable"] is True
    assert "Traceback" not in server.log


def test_a_server_that_was_first_serves_as_soon_as_postgres_is_there(
    own_cluster: Postgres, tmp_path: Path
) -> None:
    own_cluster.stop()
    with server_process(tmp_path, own_cluster.dsn) as server:
        server.wait("/health/live")
        assert_away(server)
        own_cluster.start()
        server.wait("/health")
        assert server.post(PATH, json=BATCH).json()["accepted"] == 1
        assert own_cluster.password not in server.log


def test_kill_9_of_postgres_is_survived_and_nothing_acknowledged_is_lost(
    own_cluster: Postgres, tmp_path: Path
) -> None:
    with server_process(tmp_path, own_cluster.dsn) as server:
        server.wait("/health")
        assert server.post(PATH, json=BATCH).json()["accepted"] == 1
        pid = server.process.pid if server.process else 0
        for _ in range(3):
            own_cluster.kill()
            server.wait("/health", 503)
            assert_away(server)
            own_cluster.start(wait=False)
            server.wait("/health")
            assert server.post(PATH, json=BATCH).json()["duplicates"] == 1
        assert server.process is not None
        assert server.process.pid == pid
        assert server.process.poll() is None


def test_a_frozen_postgres_delays_health_no_longer_than_the_deadline(
    own_cluster: Postgres, tmp_path: Path
) -> None:
    with server_process(tmp_path, own_cluster.dsn) as server:
        server.wait("/health")
        own_cluster.signal(signal.SIGSTOP)
        try:
            for _ in range(3):
                start = time.monotonic()
                answer = httpx.get(server.url + "/health", timeout=60)
                # 2 s of its own; the rest is for a busy machine, and far below PostgreSQL's 30 s.
                assert time.monotonic() - start < 10
                assert answer.status_code == 503
                assert "did not answer" in answer.json()["dependencies"]["postgres"]["error"]
                assert httpx.get(server.url + "/health/live", timeout=10).status_code == 200
        finally:
            own_cluster.signal(signal.SIGCONT)
        server.wait("/health")
        assert server.post(PATH, json=BATCH).json()["accepted"] == 1


def test_a_frozen_postgres_does_not_keep_the_server_from_ending(
    own_cluster: Postgres, tmp_path: Path
) -> None:
    with server_process(tmp_path, own_cluster.dsn) as server:
        server.wait("/health")
        own_cluster.signal(signal.SIGSTOP)
        try:
            assert server.stop() == 0
        finally:
            own_cluster.signal(signal.SIGCONT)


def test_a_wrong_password_is_told_without_the_password(cluster: Postgres, tmp_path: Path) -> None:
    dsn = cluster.dsn.replace(cluster.password, "hunter2hunter2")
    with server_process(tmp_path, dsn) as server:
        server.wait("/health", 503)
        text = server.get("/health").text
        answer = server.post(PATH, json=BATCH)
    assert "rejected our user or password" in text
    assert answer.status_code in (502, 503)
    assert "hunter2" not in text + answer.text + server.log


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_where_nobody_listens_is_told_without_the_address(
    tmp_path: Path, host: str
) -> None:
    port = free_port()
    with server_process(tmp_path, f"postgresql://u:hunter2@{host}:{port}/d") as server:
        server.wait("/health", 503)
        text = server.get("/health").text
    assert "cannot be reached" in text
    assert str(port) not in text
