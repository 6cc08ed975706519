"""How far something is: a bar on a terminal, a line now and then elsewhere, nothing for JSON."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from vrooli.cli.bar import Bar
from vrooli.stack.pace import Measured

MB = 1_000_000

PROGRAM = """
import os, signal, sys, time
from vrooli.cli import render
from vrooli.cli.bar import Bar
from vrooli.stack.pace import Measured
with Bar(render.note) as bar:
    for number in range(1, 4):
        bar.told(Measured("far", "shop: ", number * 50_000_000, int(sys.argv[1])))
        time.sleep(0.2)
    if len(sys.argv) > 2:
        os.kill(os.getpid(), signal.SIGINT)
    bar.told("start it")
"""

HIDES = "\x1b[?25l"


def line(done: int, total: int = 100 * MB) -> Measured:
    return Measured(f"{done // MB}", "shop: ", done, total)


def test_without_a_terminal_it_is_a_line_every_few_seconds() -> None:
    now, said = [100.0], list[str]()
    with Bar(said.append, clock=lambda: now[0]) as shown:
        shown.told("fetch it")
        for second in range(1, 21):
            now[0] += 1
            shown.told(line(second * MB))
    assert said == ["fetch it", "shop: 10", "shop: 20"]
    assert "\x1b" not in "".join(said)


def test_nothing_is_said_of_it_where_json_is_wanted() -> None:
    said: list[str] = []
    with Bar(said.append, quiet=True) as shown:
        shown.told(line(50 * MB))
        shown.told("start it")
    assert said == ["start it"]


def seen(columns: int, *args: str, **environment: str) -> str:
    """What a terminal of that width gets."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    argv = [sys.executable, "-c", PROGRAM, *args]
    env = {**os.environ, "TERM": "xterm", **environment}
    env.pop("COLUMNS", None)
    with subprocess.Popen(argv, stderr=theirs, stdout=subprocess.DEVNULL, env=env) as program:
        os.close(theirs)
        told = b""
        try:
            while piece := os.read(ours, 65536):
                told += piece
        except OSError:  # the other end is closed
            pass
        program.wait()
    os.close(ours)
    return told.decode()


def plain(told: str) -> list[str]:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told).replace("\r", "\n").split("\n")


@pytest.mark.parametrize(
    ("columns", "total", "wanted"),
    [
        (100, "500000000", r"shop .*150\.0 MB of 500\.0 MB +[0-9.]+ MB/s +[0-9.]+ s left"),
        (40, "500000000", r"shop .*30 % +[0-9.]+ MB/s +[0-9.]+ s left"),
        (40, "0", r"shop .*150\.0 MB +[0-9.]+ MB/s"),
    ],
)
def test_a_terminal_gets_a_bar_with_rate_and_time_left(
    columns: int, total: str, wanted: str
) -> None:
    told = seen(columns, total, NO_COLOR="1")
    lines = plain(told)
    assert any(re.search(wanted, one) for one in lines), lines
    assert max(map(len, lines)) <= columns
    assert "start it" in lines
    assert HIDES not in told
    assert "\x1b[3" not in told  # no colours


def test_ctrl_c_leaves_no_bar_and_a_cursor() -> None:
    told = seen(80, "500000000", "interrupt")
    assert HIDES not in told
    bar_drawn, erased, rest = told.rpartition("\x1b[2K")
    assert "MB/s" in bar_drawn
    assert erased
    assert rest.rstrip().endswith("KeyboardInterrupt")
    assert "MB/s" not in rest


def test_a_dumb_terminal_gets_no_bar() -> None:
    assert plain(seen(80, "500000000", TERM="dumb")) == ["start it", "", ""]
