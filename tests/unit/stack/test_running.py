"""What is told of a program that fails beside a service."""

from pathlib import Path
from typing import cast

import pytest

from vrooli.stack.kind import ProbeTools
from vrooli.stack.running import Running


@pytest.mark.parametrize(
    ("log", "next_step"),
    [
        # A file system on which nothing is ever free.
        (Path("/proc/postgres.log"), "make room where /proc/postgres.log is"),
        (Path("/missing/postgres.log"), "the whole output is in /missing/postgres.log"),
    ],
)
def test_where_the_disk_is_full_nobody_is_sent_to_an_empty_log(log: Path, next_step: str) -> None:
    running = Running("postgres", log, cast(ProbeTools, None))
    told = running.failed("could not fetch it: it exited with code 120", running.mark())
    assert told.next_step.startswith(next_step)
