"""Runs commands: file work in a thread, processes through the keeper."""

import asyncio
import errno
import signal
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

from vrooli.core.command import (
    Command,
    CopyTree,
    EndLaunches,
    EnsureDirectory,
    Remove,
    Rename,
    RunOnce,
    WriteFile,
)
from vrooli.core.errors import Busy, StartFailed, StorageError, VrooliError
from vrooli.core.launch import Launch
from vrooli.core.ports.keeper import Keeper
from vrooli.host import files
from vrooli.stack import logs

_LAST_LINES = 20

_KILLED_SECONDS = 10.0
"""How long a killed process may take to be gone; only one that waits for a disk needs any time."""

_ADVICE = {
    errno.ENOSPC: "free some space on this file system",
    errno.EDQUOT: "raise the quota or free some space",
    errno.EROFS: "the file system is read-only: look at `dmesg`, then mount it writable",
    errno.EACCES: "make it accessible to the user that runs this command",
    errno.EPERM: "make it accessible to the user that runs this command",
}


class LocalExecutor:
    """See `vrooli.core.ports.executor`."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    async def run(self, commands: Sequence[Command], progress: Callable[[str], None]) -> None:
        """See the port."""
        await self._end_earlier(commands)
        for command in commands:
            if isinstance(command, RunOnce):
                await self._run_once(command, progress)
                continue
            if isinstance(command, EndLaunches):
                await self._end({command.service})
                continue
            if isinstance(command, CopyTree) and not _exists(command.target):
                progress(f"copy to {command.target}")
            await _in_thread(command)

    async def _run_once(self, command: RunOnce, progress: Callable[[str], None]) -> None:
        if command.unless_exists and _exists(command.unless_exists):
            return
        progress(command.title)
        log = Path(command.spec.log_path)
        begin = logs.size(log)
        try:
            ended = await self._keeper.run(command.spec, command.timeout)
            if ended.code != 0:
                shown = [line for line in logs.tail(log, _LAST_LINES, begin) if line.strip()]
                said = "".join(f"\n  | {line}" for line in shown)
                raise StartFailed(
                    f"could not {command.title}: {Path(command.spec.argv[0]).name} "
                    f"{ended.describe()}{said}",
                    where=command.spec.service,
                    next_step=f"the whole output is in {log}",
                )
        except VrooliError:
            if command.undo_path:
                await _in_thread(Remove(command.undo_path))
            raise

    async def _end_earlier(self, commands: Sequence[Command]) -> None:
        """An attempt whose author was killed may still run, in the very folders that we use."""
        names = {command.spec.service for command in commands if isinstance(command, RunOnce)}
        if names:
            await self._end(names)

    async def _end(self, names: Collection[str]) -> None:
        for launch in await self._keeper.launches():
            if launch.service in names:
                await self._keeper.signal(launch.launch_id, signal.SIGKILL, tree=True)
                await self._gone(launch)

    async def _gone(self, launch: Launch) -> None:
        deadline = time.monotonic() + _KILLED_SECONDS
        while await self._keeper.survivors(launch.launch_id):
            if time.monotonic() > deadline:
                raise Busy(
                    "an earlier attempt does not end although it was killed",
                    where=launch.service,
                    next_step="look at its disk: a process that waits for one cannot be killed",
                )
            await asyncio.sleep(0.01)


async def _in_thread(command: Command) -> None:
    try:
        await _to_its_end(asyncio.ensure_future(asyncio.to_thread(_change, command)))
    except KeyError as error:  # of pwd, whose own words are about a C function
        user = getattr(command, "user", None)
        raise StartFailed(
            f"there is no system user `{user}`", next_step="make it, or correct `user`"
        ) from error
    except OSError as error:
        raise StorageError(
            f"{error.strerror or error}",
            where=str(error.filename2 or error.filename or _place(command)),
            next_step=_ADVICE.get(error.errno or 0, ""),
            retryable=error.errno in (errno.ENOSPC, errno.EDQUOT),
        ) from error


async def _to_its_end(work: asyncio.Future[None]) -> None:
    """A thread cannot be stopped: who is cancelled waits, so that no later attempt meets it."""
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        while not work.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({work})
        raise


def _change(command: Command) -> None:
    match command:
        case EnsureDirectory():
            files.ensure_directory(command)
        case WriteFile():
            files.write_file(command)
        case CopyTree():
            files.copy_tree(command)
        case Rename():
            files.rename(command)
        case Remove():
            files.remove(command)
        case RunOnce() | EndLaunches():
            raise TypeError("processes are the keeper's, not a thread's")


def _exists(path: str) -> bool:
    return Path(path).exists()


def _place(command: Command) -> str:
    if isinstance(command, RunOnce):
        return command.spec.cwd
    if isinstance(command, EndLaunches):
        return command.service
    return command.target if isinstance(command, CopyTree | Rename) else command.path
