"""Redis: optional, so its loss degrades and never makes unhealthy."""

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.server import Server, server_process
from tests.support.waiting import wait_for

PASSWORD = "hunter2hunter2"


@contextlib.contextmanager
def running_redis(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A real Redis with a password."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD]
    with subprocess.Popen(
        [program, *options], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def status_is(server: Server, status: str) -> bool:
    """Whether `/health` says so."""
    return bool(server.get("/health").json()["status"] == status)


def test_without_redis_the_server_is_degraded_and_serves(dsn: str, tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    with server_process(tmp_path, dsn, REDIS_URL=url) as server:
        server.wait("/health")
        assert status_is(server, "degraded")
        with running_redis(tmp_path, port) as redis:
            wait_for(lambda: status_is(server, "healthy"), "healthy with Redis")
            redis.send_signal(signal.SIGSTOP)
            wait_for(lambda: status_is(server, "degraded"), "degraded with a frozen Redis")
            body = server.get("/health").json()
            assert body["dependencies"]["redis"]["connected"] is False
            assert body["dependencies"]["postgres"]["connected"] is True
            assert body["readiness"] is True
            redis.send_signal(signal.SIGCONT)
            wait_for(lambda: status_is(server, "healthy"), "healthy again")
        wait_for(lambda: status_is(server, "degraded"), "degraded without Redis")
        assert PASSWORD not in server.log + server.get("/health").text


def test_a_wrong_redis_password_is_told_as_such(dsn: str, tmp_path: Path) -> None:
    port = free_port()
    with (
        running_redis(tmp_path, port),
        server_process(tmp_path, dsn, REDIS_URL=f"redis://:wrong@127.0.0.1:{port}") as server,
    ):
        server.wait("/health")
        wait_for(
            lambda: "rejected our password" in server.get("/health").text, "the password is refused"
        )
