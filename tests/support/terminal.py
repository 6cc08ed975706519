"""What a person sees: a command on a terminal of some width."""

import fcntl
import os
import re
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_STYLES = re.compile(r"\x1b\[[0-9;]*m")
_MOVES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def on_terminal(
    columns: int,
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    errors: bool = False,
    seeing: Callable[[bytes], object] = lambda seen: None,
) -> list[str]:
    """The lines on a UTF-8 terminal of `columns`, without colours; the command must succeed. With
    `errors` also those of its standard error, and of what is drawn anew every time that it was.
    `seeing` is told all that was seen so far, again and again.
    """
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {**environment, "LANG": "C.UTF-8", "PYTHONUTF8": "1", "NO_COLOR": "1", "TERM": "xterm"}
    for name in ("COLUMNS", "LINES"):  # those of whoever runs the tests
        env.pop(name, None)
    other = theirs if errors else subprocess.DEVNULL
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=other, env=env, cwd=folder
    )
    os.close(theirs)
    seen = _read(ours, seeing)
    os.close(ours)
    assert process.wait(60) == 0, command
    text = _STYLES.sub("", seen.decode()).replace("\r", "")
    return _MOVES.sub("\n", text).splitlines()


def _read(terminal: int, seeing: Callable[[bytes], object]) -> bytes:
    seen = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # how Linux says that nobody holds the other end any more
            return seen
        if not part:
            return seen
        seen += part
        seeing(seen)
