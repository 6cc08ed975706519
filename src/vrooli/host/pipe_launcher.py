"""A process that becomes the parent of a program which others speak to by its pipes. Started by
`piped_programs`; ends with the program, and ends whatever that has started.

1. It dies with its own parent, and becomes the parent of all orphans below it.
2. Its child: a group of its own in our session, limits, an empty folder, the program.
3. When the child has ended, or somebody asks: everything below it is killed, the folder removed.

Killed itself it removes nothing: so each holds a lock on its folder, and the next one removes those
that nobody holds.
"""

import fcntl
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

from vrooli.host.keeper import linux, proc

PREFIX = "vrooli-mcp-"

YOUNG = 60.0
"""Seconds: between the making of a folder and its lock nobody else may take it for one that was
left.
"""

MOST = 100
"""Folders that one of them removes."""


def main() -> NoReturn:
    """Run what the first argument says, as JSON: see `piped_programs`."""
    spec = json.loads(sys.argv[1])
    linux.die_with_parent(signal.SIGTERM)
    signal.signal(signal.SIGTERM, _leave)
    if os.getppid() != spec["parent"]:
        os._exit(1)
    linux.become_subreaper()
    folder = tempfile.mkdtemp(prefix=PREFIX)
    lock = _lock(folder)
    try:
        child = os.fork()
        if child == 0:
            _become(spec, folder)
        os.closerange(0, 3)  # the end of the pipes is that of the program
        code = _ended(child)
    except SystemExit:
        code = 143
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end_all()
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            _remove_left(os.path.dirname(folder))
        del lock  # held until now
    os._exit(code)


def _lock(folder: str) -> int | None:
    """Its descriptor, which the child does not keep; None when somebody has it, or it is gone."""
    handle = None
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if handle is not None:
            os.close(handle)
        return None
    return handle


def _remove_left(where: str) -> None:
    """Folders of ours whose launcher was killed. At the end, when nobody waits for it."""
    old = time.time() - YOUNG
    with os.scandir(where) as entries:
        ours = (one for one in entries if one.name.startswith(PREFIX))
        found = [one for one in ours if _is_left(one, old)][:MOST]
    for one in found:
        handle = _lock(one.path)
        if handle is not None:
            shutil.rmtree(one.path, ignore_errors=True)
            os.close(handle)


def _is_left(entry: "os.DirEntry[str]", old: float) -> bool:
    with suppress(OSError):  # another one may remove it just now
        facts = entry.stat(follow_symlinks=False)
        ours = entry.is_dir(follow_symlinks=False) and facts.st_uid == os.geteuid()
        return ours and facts.st_mtime < old
    return False


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(143)


def _ended(child: int) -> int:
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code


def _end_all() -> None:
    """Whoever loses its parent meanwhile becomes our child, and is next."""
    while found := [one.pid for one in proc.all_stats().values() if one.ppid == os.getpid()]:
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _become(spec: dict[str, Any], folder: str) -> NoReturn:
    try:
        os.setpgid(0, 0)  # in our session, by which whoever started us finds what we leave
        linux.die_with_parent(signal.SIGKILL)
        os.closerange(3, 1 << 16)
        os.chdir(folder)
        for number in signal.valid_signals():
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_DFL)
        for name, value in spec["limits"].items():
            limit = getattr(resource, name)
            hard = resource.getrlimit(limit)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(limit, (value, value))
        linux.gain_nothing()
        os.execvpe(spec["argv"][0], spec["argv"], {**os.environ, "HOME": folder})
    except OSError as error:
        os.write(2, f"it cannot be started: {error.strerror}\n".encode())
    os._exit(127)


if __name__ == "__main__":
    main()
