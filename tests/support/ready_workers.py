"""`vrooli worker`, as processes that begin at once: forks of one that has loaded all of it.

`python -m tests.support.ready_workers`: a line on standard input begins one, whose pid is answered;
at its end all are killed.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from vrooli.main import worker


@dataclass(frozen=True)
class ReadyWorkers:
    """Whoever forks them."""

    process: "subprocess.Popen[str]"

    def begin(self) -> int:
        """The pid of a new one."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def ready_workers(folder: Path, dsn: str, **env: str) -> Iterator[ReadyWorkers]:
    """It, with this environment; what they say is in `folder`. All are gone at the end."""
    own = {**os.environ, "VROOLI_DATA": str(folder), "DATABASE_URL": dsn, **env}
    command = [sys.executable, "-m", "tests.support.ready_workers"]
    pipe, root = subprocess.PIPE, Path(__file__).parents[2]
    with (
        (folder / "worker.log").open("ab") as log,
        subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=log, text=True, env=own, cwd=root
        ) as process,
    ):
        yield ReadyWorkers(process)
        assert process.stdin
        process.stdin.close()


def main() -> None:
    """Fork until the end of standard input."""
    alive = set[int]()
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(2, 1)
            os._exit(worker.main())
        alive.add(pid)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        while (gone := os.waitpid(-1, os.WNOHANG))[0]:
            alive.discard(gone[0])
    for pid in alive:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
