"""`vrooli worker` as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DEADLINE = 60.0


@dataclass(frozen=True)
class Worker:
    """One that was started."""

    process: "subprocess.Popen[bytes]"
    file: Path

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait(DEADLINE)


@contextmanager
def worker_process(folder: Path, dsn: str, *arguments: str, **env: str) -> Iterator[Worker]:
    """A started worker; gone at the end."""
    folder.mkdir(exist_ok=True)
    file = folder / "worker.log"
    command = [sys.executable, "-W", "error", "-m", "vrooli", "worker", *arguments]
    own = {"VROOLI_DATA": str(folder), "DATABASE_URL": dsn, **env}
    with file.open("ab") as log:
        process = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log)
    worker = Worker(process, file)
    try:
        yield worker
    finally:
        worker.kill()
