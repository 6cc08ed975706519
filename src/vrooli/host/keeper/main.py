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
from vrooli.host.keeper.notify import Manager
from vrooli.host.keeper.place import Place
from vrooli.host.keeper.record import Record
from vrooli.host.keeper.respec import spec_from
from vrooli.host.keeper.succeed import succeed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

EXIT_UNFIT = 1
READY = b"ready"
HELD = b"held"


def main() -> None:
    """Arguments: `[--detach] HOME RUN`, or `--main HOME RUN SERVICE LOG FINGERPRINT ARGV...`.

    With `--detach` it returns once the keeper is ready. With `--main` it is what a service manager
    started: it takes the home over from whoever holds it, and starts the watchdog that follows
    unless one lives.
    """
    _without_marker()
    arguments = sys.argv[1:]
    if arguments[:1] == ["--detach"]:
        _end(_detach(*arguments[1:3]))
    if arguments[:1] == ["--main"]:
        root, run, service, log_path, fingerprint, *argv = arguments[1:]
        spec = spec_from(service, log_path, argv, dict(os.environ))
        _end(serve_as_main(root, run, {**spec, "fingerprint": fingerprint}))
    _end(serve(arguments[0], arguments[1], None))


def _end(status: int) -> NoReturn:
    """At once: who sees that the connection is closed must not find a process that seems to hang
    while Python tidies up.
    """
    os._exit(status)


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
        _end(serve(root, run, inlet))
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
        if take_lock(root) is None:
            log("info", f"a keeper holds {root} already; nothing to do")
            _tell(ready_fd, HELD)
            return 0
        return _keep(root, run, ready_fd, None)
    except (Unfit, OSError) as error:
        return _unfit(root, error)


def serve_as_main(root: str, run: str, watchdog: dict[str, Any]) -> int:
    """The same as the main process of a service manager's unit, with a watchdog to mind, whose
    environment is ours but for what the manager says to us alone.
    """
    os.chdir("/")
    os.umask(0o077)
    manager = Manager(watchdog["env"])
    try:
        succeed(root, run)
        return _keep(root, run, None, (manager, watchdog))
    except (Unfit, OSError) as error:
        return _unfit(root, error)


def _unfit(root: str, error: Exception) -> int:
    log("error", f"cannot keep {root}: {error}")
    return EXIT_UNFIT


def _keep(
    root: str, run: str, ready_fd: int | None, unit: tuple[Manager, dict[str, Any]] | None
) -> int:
    """With the lock taken, which is ours until we end."""
    listening = Listening(run)
    linux.become_subreaper()
    tag.escape()
    keeper = Keeper(Record(os.path.join(root, RECORD)), home_id(root), Place(root), run)
    if unit is not None:
        keeper.serve_under(*unit)
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
