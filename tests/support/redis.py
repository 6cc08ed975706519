"""A real Redis with a password, which a test may kill, freeze and start again."""

import contextlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis as Client
from redis.exceptions import RedisError

from tests.support.ports import free_port
from tests.support.waiting import wait_for

PASSWORD = "hunter2hunter2"


@dataclass
class Redis:
    """One that keeps nothing."""

    program: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """With the password."""
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self.process = subprocess.Popen(
            [self.program, *options, "--requirepass", PASSWORD],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self.answers, "Redis answers")

    def answers(self) -> bool:
        """Whether it does."""
        try:
            return bool(self.ask("PING"))
        except RedisError:
            return False

    def ask(self, *words: str | int) -> object:
        """One command, as somebody else would send it."""
        with Client.from_url(self.url) as client:
            found: object = client.execute_command(*words)
            return found

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def freeze(self) -> None:
        """SIGSTOP, and wait until it stands still."""
        self.signal(signal.SIGSTOP)
        assert self.process is not None
        stat = Path(f"/proc/{self.process.pid}/stat")
        wait_for(lambda: stat.read_text(encoding="ascii").rpartition(") ")[2][0] == "T", "frozen")

    def thaw(self) -> None:
        """SIGCONT."""
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def running_redis() -> Iterator[Redis]:
    """A started one, gone at the end."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with tempfile.TemporaryDirectory() as folder:
        redis = Redis(program, Path(folder))
        try:
            redis.start()
            yield redis
        finally:
            redis.kill()
