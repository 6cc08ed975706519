"""A Redis on a copy: it listens at a unix socket in a closed folder, and at no port."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from vrooli.core.address import UnixPath
from vrooli.core.errors import Refused, StartFailed
from vrooli.core.launch import LaunchSpec
from vrooli.core.sizes import rough_size
from vrooli.stack.kind import ProbeTools
from vrooli.stack.redis.asker import Asker
from vrooli.stack.running import Running

LOADS = 3600.0
"""Seconds for reading the data."""

_REWRITES = 3600.0
_PAUSE = 0.05

_SPARE = 1.25
"""Memory that is asked for, of what the original uses."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """Where it works, and as whom.

    Attributes:
        service: beside which.
        launched_as: the name under which the keeper records it.
        folder: ours; what is below belongs to the server's user.
        sockets: short enough for unix(7).
        log: what it writes.
        program: redis-server.
    """

    service: str
    launched_as: str
    folder: Path
    sockets: Path
    log: Path
    user: str | None
    program: str

    @property
    def data(self) -> Path:
        """The copy."""
        return self.folder / "data"

    @asynccontextmanager
    async def server(
        self, tools: ProbeTools, *, appends: bool, strict: bool
    ) -> AsyncIterator[Asker]:
        """A server on it that only we reach, stopped in its order afterwards.

        Args:
            tools: the keeper, which runs it.
            appends: whether it reads the append-only file; else the save.
            strict: whether an append-only file that is cut off is an error.

        Raises:
            StartFailed: it does not come up, with its last lines, or does not stop.
        """
        running = Running(self.service, self.log, tools)
        begin = running.mark()
        launch = await running.begun(self._spec(appends=appends, strict=strict))
        asker = Asker(tools.streams, UnixPath(str(self._socket)))
        try:
            await running.until_up(launch, lambda: asker.call("PING"), begin, LOADS)
            yield asker
            await running.stop(launch, signal.SIGTERM, begin)
        finally:
            await running.end(launch)

    @property
    def _socket(self) -> Path:
        return self.sockets / "s"

    def _spec(self, *, appends: bool, strict: bool) -> LaunchSpec:
        argv = [self.program]
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "daemonize": "no",
            "save": "",
            "appendonly": "yes" if appends else "no",
            "aof-load-truncated": "no" if strict else "yes",
            "auto-aof-rewrite-percentage": "0",
            "enable-debug-command": "local",
            "logfile": "",
        }
        for name, value in settings.items():
            argv += [f"--{name}", value]
        folders = (str(self.folder), str(self.sockets))
        return LaunchSpec(
            service=self.launched_as,
            argv=tuple(argv),
            cwd=str(self.data),
            env={"LC_ALL": "C"},
            log_path=str(self.log),
            user=self.user,
            expose=folders if self.user else (),
        )


async def append(asker: Asker, tools: ProbeTools) -> None:
    """Have all that the server holds in an append-only file: one that is told to have one reads
    nothing else, and would begin empty.
    """
    await asker.call("CONFIG", "SET", "appendonly", "yes")
    deadline = tools.clock.monotonic() + _REWRITES
    while True:
        said = await asker.info("persistence")
        busy = ("aof_rewrite_in_progress", "aof_rewrite_scheduled")
        if all(said.get(name) == "0" for name in busy):
            break
        if tools.clock.monotonic() > deadline:
            raise StartFailed(
                "the append-only file is not done in an hour",
                next_step="see its log, and how fast its disk is",
            )
        await tools.clock.sleep(_PAUSE)
    if said.get("aof_last_bgrewrite_status") != "ok":
        raise StartFailed(
            "the append-only file could not be written", next_step="make room on the disk"
        )


def require_memory(needed: int) -> None:
    """A second server must not take the memory of the one that serves.

    Raises:
        Refused: there is not enough for both.
    """
    need, free = int(needed * _SPARE), _available()
    if free is not None and free < need:
        raise Refused(
            f"{rough_size(need)} of memory are needed for a second Redis, and "
            f"{rough_size(free)} are free",
            next_step="try again when there is more; to restore, stop the Redis that runs before",
        )


def _available() -> int | None:
    """Bytes of memory that can be had, proc(5); None where that is not told."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        said = dict(line.split(":", 1) for line in lines)
        return int(said["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return None
