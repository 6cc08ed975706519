"""The keeper's process.

Standard library only, one thread, at most 12 MiB: it must be the last thing that dies.
"""

from __future__ import annotations

import os
import sys

from vrooli.host.keeper import linux, ops, tag, wire
from vrooli.host.keeper.door import RECORD, Unfit, take_lock
from vrooli.host.keeper.keeper import Keeper
from vrooli.host.keeper.listening import Listening
from vrooli.host.keeper.log import log
from vrooli.host.keeper.place import Place
from vrooli.host.keeper.record import Record

EXIT_UNFIT = 1
READY = b"ready"
HELD = b"held"


def main() -> None:
    """Arguments: [--detach] HOME RUN. With `--detach` it returns once the keeper is ready."""
    _without_marker()
    arguments = sys.argv[1:]
    if arguments[:1] == ["--detach"]:
        sys.exit(_detach(*arguments[1:3]))
    sys.exit(serve(arguments[0], arguments[1], None))


def _without_marker() -> None:
    """Start over when we inherited the marker of a launch: its tree would seem to include us."""
    if wire.MARKER in os.environ:
        env = {name: value for name, value in os.environ.items() if name != wire.MARKER}
        os.execve(sys.executable, sys.orig_argv, env)


def _detach(root: str, run: str) -> int:
    """The second fork: the keeper is nobody's child then; the status says whether it serves."""
    outlet, inlet = os.pipe2(os.O_CLOEXEC)
    if os.fork() == 0:
        os.close(outlet)
        sys.exit(serve(root, run, inlet))
    os.close(inlet)
    return 0 if os.read(outlet, 16) in (READY, HELD) else EXIT_UNFIT


def _tell(fd: int | None, word: bytes) -> None:
    if fd is not None:
        os.write(fd, word)
        os.close(fd)


def serve(root: str, run: str, ready_fd: int | None) -> int:
    """Keep the home until told to end; the exit status."""
    os.chdir("/")
    os.umask(0o077)
    try:
        lock = take_lock(root)
        if lock is None:
            log("info", f"a keeper holds {root} already; nothing to do")
            _tell(ready_fd, HELD)
            return 0
        listening = Listening(run)
    except (Unfit, OSError) as error:
        log("error", f"cannot keep {root}: {error}")
        return EXIT_UNFIT
    linux.become_subreaper()
    tag.escape()
    keeper = Keeper(Record(os.path.join(root, RECORD)), home_id(root), Place(root), run)
    log("info", f"keeping {root}")
    _tell(ready_fd, READY)
    try:
        keeper.run(listening, lambda peer, line: ops.handle(keeper, peer, line))
    finally:
        listening.close()
    log("info", "ended" if keeper.leaving else "ended; what was started runs on")
    return 0


def home_id(root: str) -> str:
    """A short name for the home: FNV-1a, 64 bits, of its path (hashlib would cost 3 MiB)."""
    value = 0xCBF29CE484222325
    for byte in os.fsencode(os.path.realpath(root)):
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return f"{value:016x}"
