"""What a scenario of the selftest changes around its stack: a disk, a name server, a clock. Mounts
are of the scenario's own process and those that it starts; nobody else sees them.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

from vrooli.core.errors import Refused, VrooliError
from vrooli.core.home import Home
from vrooli.host.keeper import linux
from vrooli.host.start_keeper import start_keeper
from vrooli.main.places import make_home
from vrooli.main.selftest_names import NameServer

RESOLV_CONF = Path("/etc/resolv.conf")

NAMES_PATIENCE = "options timeout:1 attempts:1"
"""Of whoever asks for a name: what hangs shall hang, and the scenario end."""


class NotHere(Refused):
    """This machine cannot have what a scenario needs."""

    def __init__(self, what: str, *, where: str = "") -> None:
        super().__init__(what, where=where, next_step="see to that, or leave the scenario out")


class LocalSurroundings:
    """See `autoheal.selftest.scenario.Surroundings`.

    Args:
        folder: of the scenario.
        home: of its stack.
        environment: of its commands; `own_clock` adds what the clock needs.
    """

    def __init__(self, folder: Path, home: Home, environment: dict[str, str]) -> None:
        self._folder, self._home, self._environment = folder, home, environment
        self._undo: list[Callable[[], object]] = []
        self._names: NameServer | None = None

    def small_disk(self, mib: int) -> None:
        """See the port."""
        make_home(self._home)
        self._mount("tmpfs", self._home.root, "tmpfs", 0, f"size={mib}m,mode=0700")

    def fill_disk(self, full: bool = True) -> None:
        """See the port."""
        ballast = self._home.root / "ballast"
        if not full:
            ballast.unlink()
            return
        with ballast.open("wb", buffering=0) as file:
            for size in (65_536, 512):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b"\0" * size)

    def name_server(self, name: str) -> None:
        """See the port."""
        try:
            server = self._names = NameServer(name)
        except OSError as error:
            raise NotHere(f"no name server can be had here: {error.strerror}") from error
        self._undo.append(server.close)
        conf = self._folder / "resolv.conf"
        conf.write_text(f"nameserver {server.address}\n{NAMES_PATIENCE}\n", encoding="ascii")
        conf.chmod(0o644)
        self._mount(str(conf), RESOLV_CONF, None, linux.MS_BIND)
        try:
            socket.getaddrinfo(name, None)
        except OSError as error:
            raise NotHere(f"names are not asked as {RESOLV_CONF} says: {error}") from error

    def silence_names(self, silent: bool = True) -> None:
        """See the port."""
        assert self._names is not None  # `name_server` came first
        self._names.silent = silent

    def own_clock(self) -> None:
        """See the port."""
        library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
        if library is None:
            raise NotHere("libfaketime is not installed (Debian: faketime)")
        self.set_clock(0.0)
        variables = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_CACHE_DURATION": "1",  # seconds until all have it; at each look is dear
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else it delays whoever waits for Python's lock
            "NO_FAKE_STAT": "1",
        }
        make_home(self._home)
        asyncio.run(_keep(self._home, variables))
        self._environment |= variables

    def set_clock(self, offset: float) -> None:
        """See the port."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(f"{offset:+.0f}\n", encoding="ascii")
        os.replace(fresh, self._clock)

    def close(self) -> None:
        """Put all back as it was."""
        while self._undo:
            self._undo.pop()()

    @property
    def _clock(self) -> Path:
        return self._folder / "clock"

    def _mount(
        self, source: str, target: Path, kind: str | None, flags: int, data: str = ""
    ) -> None:
        try:
            linux.unshare_mounts()
            linux.mount(source, str(target), kind, flags, data)
        except OSError as error:
            what = f"nothing can be mounted here: {error.strerror}"
            raise NotHere(what, where=str(target)) from error
        self._undo.append(lambda: linux.unmount(str(target)))


async def _keep(home: Home, variables: dict[str, str]) -> None:
    """Have a keeper, with these variables."""
    try:
        async with await start_keeper(home, variables):
            return
    except VrooliError as error:
        raise NotHere(f"the keeper does not run with a clock of its own: {error}") from error
