"""One arena for all threads."""

import subprocess
import sys

import pytest

_ARENAS = """
import ctypes, re, sys, threading
from vrooli.host.own_memory import share_one_arena
if "shared" in sys.argv and not share_one_arena():
    sys.exit(77)
barrier = threading.Barrier(5)
def work():
    kept = [bytes(1000) for _ in range(1000)]
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]
barrier.wait()
[thread.join() for thread in threads]
ctypes.CDLL(None).malloc_stats()
"""


def _arenas(*arguments: str) -> int:
    """How many arenas glibc tells of after four threads have allocated at the same time."""
    command = [sys.executable, "-c", _ARENAS, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode == 77 or "Arena 0" not in ended.stderr:
        pytest.skip("this is no glibc")
    return ended.stderr.count("Arena ")


def test_threads_share_one_arena() -> None:
    assert _arenas() > 1, "else this test would prove nothing"
    assert _arenas("shared") == 1
