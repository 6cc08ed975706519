"""The real server as a process of its own, as `vrooli up` starts it."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port
from tests.support.waiting import wait_for

DEADLINE = 60.0


@dataclass(slots=True)
class Server:
    """One `python -m vrooli.main.server`."""

    home: Path
    env: dict[str, str]
    port: int = field(default_factory=free_port)
    token: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        """What an operator sends."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def log(self) -> str:
        """All that it wrote."""
        return (self.home / "server.log").read_text(encoding="utf-8")

    def write_token(self) -> None:
        """Put the token where the server looks for it."""
        folder = self.home / "secrets"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "operator.token").write_text(self.token + "\n", encoding="utf-8")

    def start(self) -> None:
        """Start the process; returns at once."""
        # No limit unless a test is about that: many tests are one caller.
        env = {**os.environ, "PORT": str(self.port), "VROOLI_RATE": "0"}
        env |= {"VROOLI_HOME": str(self.home), **self.env}
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "vrooli.main.server"],
                env=env,
                stdout=log,
                stderr=log,
            )

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET with the token."""
        return httpx.get(self.url + path, headers=self.headers, timeout=30, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """POST with the token."""
        return httpx.post(self.url + path, headers=self.headers, timeout=60, **options)

    def delete(self, path: str) -> httpx.Response:
        """DELETE with the token."""
        return httpx.delete(self.url + path, headers=self.headers, timeout=30)

    def answers(self, path: str, status: int) -> bool:
        """Whether `path` answers with `status` now."""
        with contextlib.suppress(httpx.TransportError):
            return self.get(path).status_code == status
        return False

    def wait(self, path: str, status: int = 200) -> None:
        """Until `path` answers with `status`."""
        try:
            wait_for(lambda: self.ended() or self.answers(path, status), f"{path} -> {status}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.log[-4000:]}") from None
        assert not self.ended(), self.log

    def ended(self) -> bool:
        """Whether the process is over."""
        return self.process is None or self.process.poll() is not None

    def stop(self) -> int:
        """SIGTERM and wait; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(DEADLINE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()


@contextlib.contextmanager
def server_process(home: Path, dsn: str, **env: str) -> Iterator[Server]:
    """A started server; it may not answer yet. Stopped at the end if it still runs."""
    server = Server(home, {"DATABASE_URL": dsn, **env})
    server.write_token()
    server.start()
    try:
        yield server
    finally:
        if server.process is not None:
            server.stop()
