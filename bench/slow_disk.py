"""Durable steps on a disk as clouds have them: each fdatasync of PostgreSQL takes 1.5 ms more."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench._arguments import parser
from bench._figures import machine, say
from bench._step_peers import CONCURRENT, STEPS
from bench.steps import ROUNDS, compare, report
from tests.support.postgres import Postgres, running_postgres

SOURCE = Path(__file__).with_name("_slow_disk.c")


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    say(f"{STEPS}-step runs, {CONCURRENT} at once, 1.5 ms more a fdatasync, {ROUNDS} rounds")
    say(machine())
    with slow_postgres() as postgres:
        report(compare(postgres))


@contextmanager
def slow_postgres() -> Iterator[Postgres]:
    """A cluster whose processes load the slow fdatasync."""
    with tempfile.TemporaryDirectory(prefix="vrooli-disk-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user when this is root
        library = Path(folder) / "slow_disk.so"
        command = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]
        subprocess.run(command, check=True)
        os.environ["LD_PRELOAD"] = str(library)
        try:
            with running_postgres() as postgres:
                del os.environ["LD_PRELOAD"]
                yield postgres
        finally:
            os.environ.pop("LD_PRELOAD", None)


if __name__ == "__main__":
    main()
