"""The watchdog's log never holds the watchdog up."""

import json
import os
import subprocess
import sys

import pytest

LONG = 60  # seconds; only a broken test waits so long

LOGS = """
import logging, sys, time
from vrooli.main.jsonlog import log_to_stderr
log_to_stderr()
log = logging.getLogger("test")
began = time.monotonic()
for number in range(int(sys.argv[1])):
    log.info("line %d %s", number, "x" * 100)
print(time.monotonic() - began)
"""


def test_every_line_is_written_before_the_process_ends() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOGS, "2000"],
        capture_output=True,
        text=True,
        timeout=LONG,
        check=True,
    )
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["message"].split()[1] for line in lines] == [str(n) for n in range(2000)]
    assert {line["log.level"] for line in lines} == {"info"}


@pytest.mark.parametrize("count", ["3000", "30000"])
def test_a_log_that_takes_nothing_hangs_nobody(count: str) -> None:
    reader, writer = os.pipe()  # never read: full after 64 KiB, as a disk that hangs
    try:
        ended = subprocess.run(
            [sys.executable, "-c", LOGS, count],
            stdout=subprocess.PIPE,
            stderr=writer,
            text=True,
            timeout=LONG,
            check=True,
        )
    finally:
        os.close(reader)
        os.close(writer)
    assert float(ended.stdout) < LONG
