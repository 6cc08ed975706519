"""Locks on files: who holds one, and on which disk it can be taken."""

import subprocess
import sys
from pathlib import Path

import pytest

from vrooli.core.errors import Busy
from vrooli.host.locks import FileLock

ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from vrooli.host.locks import FileLock
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
lock = FileLock(Path(sys.argv[1]), "somebody")
lock.take()
print("taken", flush=True)
sys.stdin.read()
"""


def test_it_names_its_holder_and_is_free_after_it(tmp_path: Path) -> None:
    first, second = (FileLock(tmp_path / "lock", "somebody") for _ in range(2))
    first.take()
    first.take()  # it is ours already
    with pytest.raises(Busy, match=r"somebody runs already \(pid \d+\)"):
        second.take()
    first.release()
    second.take()
    second.release()


def test_it_is_held_also_where_not_a_byte_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", ON_A_FULL_DISK, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "taken\n"
        with pytest.raises(Busy, match=r"somebody runs already\n"):
            FileLock(path, "somebody").take()
        holder.stdin.close()
