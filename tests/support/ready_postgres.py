"""A PostgreSQL cluster as the first `up` of a stack makes it, made once for the tests of a process.

Copying the programs and making the cluster takes seconds of every `up`, and flushes the whole
machine to disk. How it is made is tested in tests/integration/resources/test_postgres.py, and by
every stack whose programs or home are its own.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.support.ports import free_port

VROOLI = str(Path(__file__).parents[2] / "vrooli")
NAME = "postgres"

STACK = """
[stack]
name = "ready"
[autoheal]
enabled = false
port = {}
[resources.postgres]
kind = "postgres"
port = {}
"""


def lay_ready(home: Path) -> None:
    """Put programs, data and passwords of a resource `postgres` into a home that has none of them.
    The programs are links to the same files: nothing writes to those.
    """
    made = _made()
    there = [home / "pgsql", home / "data" / NAME, *home.glob(f"secrets/{NAME}-*")]
    if any(path.exists() for path in there) or home.parent.stat().st_dev != made.stat().st_dev:
        return
    for folder, mode in ((home, 0o755), (home / "data", 0o755), (home / "secrets", 0o700)):
        folder.mkdir(mode, exist_ok=True)
    _copy("-a", made / "data" / NAME, home / "data")
    _copy("-al", made / "pgsql", home)
    for secret in made.glob(f"secrets/{NAME}-*"):
        shutil.copy(secret, home / "secrets")


@cache
def _made() -> Path:
    """The home of a stack that was up, and is down."""
    folder = Path(tempfile.mkdtemp(prefix="vs-", dir="/tmp"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "vrooli.toml").write_text(STACK.format(free_port(), free_port()), encoding="utf-8")
    home = folder / "h"
    for word in ("up", "down"):
        subprocess.run(
            [VROOLI, word],
            cwd=folder,
            env={**os.environ, "VROOLI_HOME": str(home)},
            capture_output=True,
            check=True,
            timeout=240,
        )
    return home


def _copy(how: str, source: Path, target: Path) -> None:
    subprocess.run(["cp", how, str(source), str(target)], check=True)
