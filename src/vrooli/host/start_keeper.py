"""Starting the keeper of a home, and ending one that no longer answers."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NoReturn

import vrooli
from vrooli.core.errors import AccessDenied, StartFailed, StorageError, Unreachable
from vrooli.core.home import Home
from vrooli.core.identity import Identity
from vrooli.core.launch import LaunchSpec
from vrooli.host.keeper import proc
from vrooli.host.keeper_client import ANSWER, KeeperClient

READY = 20.0  # seconds for a Python start on a cold disk
STUCK = 15.0  # seconds without an answer after which a keeper is replaced: slow is not dead
ATTEMPTS = 3  # keepers tried before it is given up; each had its time to answer
SOCKET_AGAIN = 5.0  # seconds for a keeper to make its socket anew; it looks every 2 s
SHOWN_LINES = 10
Starter = Callable[[Home], Awaitable[KeeperClient]]
"""Has a keeper started, or finds the one that runs; a connection to it."""

_BOOT = "import sys; sys.path.insert(0, {src!r}); from vrooli.host.keeper.main import main; main()"


def keeper_command(home: Home, *, detach: bool) -> list[str]:
    """The command line of the keeper, without site packages, which keeps it small.

    Args:
        home: to keep.
        detach: return when it serves in the background; else it stays in the foreground.
    """
    flags = ["--detach"] if detach else []
    return [*_python(), *flags, *_folders(home)]


def main_keeper_command(home: Home, watchdog: LaunchSpec) -> list[str]:
    """The command line of the keeper as a unit's main process. It takes the home over from whoever
    holds it, and minds `watchdog` in its own environment.
    """
    spec = [watchdog.service, watchdog.log_path, watchdog.fingerprint, *watchdog.argv]
    return [*_python(), "--main", *_folders(home), *spec]


def become_keeper(home: Home, watchdog: LaunchSpec) -> NoReturn:
    """Turn this process into the keeper of `home`, in its present environment.

    Raises:
        StorageError: its log cannot be written.
        StartFailed: it cannot be executed.
    """
    sink = _open_log(home)
    command = main_keeper_command(home, watchdog)
    try:
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.execv(command[0], command)
    except OSError as error:
        what = f"the keeper cannot be started: {error.strerror}"
        raise StartFailed(
            what,
            where=command[0],
            next_step="make it executable for this user, or install vrooli again",
        ) from error


def _python() -> list[str]:
    source = Path(vrooli.__file__).resolve().parent.parent
    return [sys.executable, "-I", "-S", "-c", _BOOT.format(src=str(source))]


def _folders(home: Home) -> list[str]:
    return [str(home.root.absolute()), str(home.run.absolute())]  # its own folder will be /


async def reach_keeper(home: Home, start: Starter | None = None) -> KeeperClient:
    """A connection to the keeper of `home`: the one that runs, else a new one. One that hangs is
    ended first.

    Args:
        home: whose keeper.
        start: how one is started; None for `start_keeper`.

    Raises:
        Unreachable: several in a row did not answer.
        StartFailed, StorageError: none can be started.
    """
    start = start or start_keeper
    if is_stopped(home):
        await end_hung_keeper(home)
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(Unreachable):
            return await _answering(home, start)
        await end_hung_keeper(home)
    return await _answering(home, start)


def is_stopped(home: Home) -> bool:
    """A stopped one (SIGSTOP) will not answer however long it is given, unless it is debugged."""
    identity = keeper_identity(home)
    stat = proc.read_stat(identity.pid) if identity is not None else None
    return stat is not None and stat.state == "T" and not proc.is_traced(stat.pid)


async def answering(home: Home) -> KeeperClient:
    """A connection to the keeper that runs; none is started. `Unreachable` when none answers."""
    return await _pinged(await KeeperClient.connect(home.keeper_socket), ANSWER)


async def _answering(home: Home, start: Starter) -> KeeperClient:
    try:
        client = await KeeperClient.connect(home.keeper_socket)
    except Unreachable:
        return await start(home)
    return await _pinged(client, STUCK)


async def _pinged(client: KeeperClient, deadline: float) -> KeeperClient:
    try:
        await client.ping(deadline)
    except BaseException:
        await client.close()
        raise
    return client


async def start_keeper(home: Home, beside: Mapping[str, str] | None = None) -> KeeperClient:
    """Start a keeper in the background, or find the one that runs; a connection to it.

    Args:
        home: to keep.
        beside: variables that it gets beside the few that it needs; its services do not get them.

    Raises:
        StartFailed: with the last lines of its log.
        Unreachable: one holds the home but does not answer (see `end_hung_keeper`).
    """
    log = home.log("keeper")
    sink = _open_log(home)
    try:
        status = await _run(keeper_command(home, detach=True), sink, beside or {})
    finally:
        os.close(sink)
    if status != 0:
        raise StartFailed(
            "the keeper did not start:\n" + _last_lines(log),
            where=str(log),
            next_step="see the reason above",
        )
    return await _pinged(await _connected(home), ANSWER)


async def _connected(home: Home) -> KeeperClient:
    """A connection to the keeper that holds the home: a socket that was removed comes back."""
    deadline = time.monotonic() + SOCKET_AGAIN
    while True:
        try:
            return await KeeperClient.connect(home.keeper_socket, deadline=READY)
        except Unreachable:
            if time.monotonic() >= deadline or keeper_identity(home) is None:
                raise
        await asyncio.sleep(0.05)


def _open_log(home: Home) -> int:
    try:
        home.logs.mkdir(exist_ok=True)  # never the home: one that was deleted must not come back
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(home.log("keeper"), flags, 0o600)
    except OSError as error:
        next_step = "choose another folder by VROOLI_HOME, or free space on its disk"
        what = f"cannot write here: {error.strerror}"
        raise StorageError(what, where=str(home.root), next_step=next_step) from error


async def _run(command: list[str], sink: int, beside: Mapping[str, str]) -> int:
    try:
        process = await _start(command, sink, beside)
    except OSError as error:
        what = f"the keeper cannot be started: {error.strerror}"
        raise StartFailed(
            what,
            where=command[0],
            retryable=True,
            next_step="make it executable for this user, or install vrooli again",
        ) from error
    try:
        async with asyncio.timeout(READY):
            return await process.wait()
    except TimeoutError as error:
        process.kill()
        await process.wait()
        what = f"the keeper was not ready within {READY:g} s"
        raise StartFailed(what, next_step="see logs/keeper.log in the home") from error


async def _start(
    command: list[str], sink: int, beside: Mapping[str, str]
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=sink,
        stderr=sink,
        cwd="/",
        # Nothing of ours: a marker of a launch would make the keeper a descendant, a secret would
        # outlive its use.
        env={"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", **beside},
        start_new_session=True,
    )


def _last_lines(log: Path) -> str:
    try:
        with log.open(encoding="utf-8", errors="replace") as file:
            return "".join(f"  {line}" for line in deque(file, SHOWN_LINES)).rstrip()
    except OSError:
        return ""


def keeper_identity(home: Home) -> Identity | None:
    """Who holds the home as its keeper, alive or hung, by the lock file; None when nobody does."""
    try:
        told = Identity.from_json(json.loads(home.keeper_lock.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    stat = proc.read_stat(told.pid)
    if told.boot_id != proc.boot_id() or stat is None or stat.start_ticks != told.start_ticks:
        return None
    return told if stat.alive else None


async def end_hung_keeper(home: Home, patience: float = 5.0) -> bool:
    """Kill the keeper that holds the home; its services live on and the next keeper adopts them.

    Args:
        home: whose keeper has stopped answering.
        patience: seconds to wait until it is gone.

    Returns:
        True when nobody holds the home any more.
    """
    identity = keeper_identity(home)
    if identity is None:
        return True
    try:
        proc.send(identity.pid, identity.start_ticks, signal.SIGKILL)
    except PermissionError as error:
        what = f"may not end the keeper {identity.pid}"
        raise AccessDenied(what, next_step="run this as the user that started it") from error
    try:
        async with asyncio.timeout(patience):
            while keeper_identity(home) is not None:  # noqa: ASYNC110 - no event tells its end
                await asyncio.sleep(0.01)
    except TimeoutError:
        return False
    return True
