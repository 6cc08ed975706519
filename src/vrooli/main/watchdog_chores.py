"""What the watchdog does beside watching: retention, shipping, the logs, and what it says about
itself.
"""

import asyncio
import itertools
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import psutil

from vrooli.autoheal.beats import Beats
from vrooli.autoheal.board import Board
from vrooli.autoheal.check import Facts
from vrooli.autoheal.heal import Attempt, Heal, Outcome
from vrooli.autoheal.history import History
from vrooli.autoheal.lag import LoopLag
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.retention import Retention
from vrooli.autoheal.rollup import roll_up
from vrooli.autoheal.shipper import OwnServer, Shipper
from vrooli.autoheal.status import began
from vrooli.client.server import ServerClient
from vrooli.core.address import HostPort
from vrooli.core.errors import DeadlineExceeded, StorageError, VrooliError
from vrooli.core.machine import Machine
from vrooli.host.bus import SYSTEM_BUS, DBus
from vrooli.host.clock import SystemClock
from vrooli.host.keeper_link import KeeperLink
from vrooli.host.processes import LocalProcesses, own_identity
from vrooli.host.readfiles import LocalFiles
from vrooli.host.resolver import SystemResolver
from vrooli.host.rotation import rotate
from vrooli.host.system import LocalSystem
from vrooli.main.backup_left import swept_for_ever
from vrooli.main.boot import can_be_protected, protected_at_boot
from vrooli.main.home_guard import HomeGuard
from vrooli.main.watchdog_boot import BootWatch
from vrooli.main.watchdog_fleet import poster_for
from vrooli.stack.aside import Aside
from vrooli.stack.builtin.server import SERVER_TOKEN
from vrooli.stack.model import AUTOHEAL

_log = logging.getLogger(__name__)

ROLL_UP_EVERY = 60.0
"""Seconds between roll-ups: charts of minutes are at most this old."""

PURGE_EVERY = 10
"""Roll-ups between two purges."""

ROTATION = 1.0
"""Seconds for which the chore that rotates the logs is watched."""

KEEPER = "keeper"
_ENDINGS = "watchdog_endings_seen"


class Speaker(Protocol):
    """A part of the watchdog that has something to say about itself."""

    def trouble(self) -> list[str]:
        """What is wrong with it."""
        ...

    def advice(self) -> list[str]:
        """What an operator should do."""
        ...


class Chores:
    """The watchdog's own household.

    Attributes:
        system: the machine, for all who look at it here.
        guard: looks after the home, once all runs.
    """

    def __init__(
        self,
        board: Board,
        ledger: Ledger,
        history: History,
        link: KeeperLink,
        machine: Machine,
        lag: LoopLag,
    ) -> None:
        self._board, self._ledger, self._history = board, ledger, history
        self._link, self._machine, self._lag = link, machine, lag
        self._clock, self.system = SystemClock(), LocalSystem()
        self._files, self._resolver = LocalFiles(), SystemResolver()
        self._bus = DBus(SYSTEM_BUS)
        self._aside = Aside()
        self._began, self._processes = self._clock.wall(), LocalProcesses()
        self._identity = own_identity()
        self._shipper: Shipper | None = None
        self.beats = Beats(ledger, self._clock)
        self.guard: HomeGuard | None = None
        self._poster = poster_for(board, history, machine, self._clock)
        self._speakers: list[Speaker] = [self._poster]
        self.boot = BootWatch(board, ledger, history, link, machine)

    def also(self, speaker: Speaker) -> None:
        """Let the status say what `speaker` says."""
        self._speakers.append(speaker)

    async def run(self) -> None:
        """All chores, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._note_endings())
            group.create_task(self._purge_for_ever())
            group.create_task(self._ship_for_ever())
            group.create_task(self._poster.run())
            group.create_task(self._rotate_for_ever())
            group.create_task(self.boot.run())
            group.create_task(self._sweep_for_ever())

    async def _sweep_for_ever(self) -> None:
        async for service in swept_for_ever(self._board.supervisor.context):
            said = "a copy of it for a proof was left by a command that was killed; it is removed"
            await self._ledger.event(service, said, by=AUTOHEAL)

    def facts(self) -> Facts:
        """What host checks may look at."""
        context = self._board.supervisor.context
        return Facts(
            system=self.system,
            files=self._files,
            processes=context.processes,
            resolver=self._resolver,
            bus=self._bus,
            tools=context.tools,
            stack=context.stack,
            home=str(context.tools.place.home.root),
            cpus=self._machine.cpus,
            loop_lag=self._lag.worst_since(self._clock.monotonic() - 60),
            beats=self.beats.latest(),
            protection=self.boot.protection,
            ping_trouble=self.boot.pinger.trouble,
        )

    def itself(self) -> dict[str, Any]:
        """The watchdog's part of the status."""
        shipping = self._shipper.status() if self._shipper is not None else None
        return {
            "running": True,
            "pid": os.getpid(),
            "started_at": self._started_at(),
            "keeper": self._link.keeper_id,
            "loop_lag_ms": round(self._lag.worst_since(self._clock.monotonic() - 60) * 1000, 1),
            "rss_bytes": psutil.Process().memory_info().rss,
            "unshipped": shipping.behind if shipping is not None else None,
            "trouble": self._trouble(),
            "advice": self._advice(),
        }

    def _started_at(self) -> float:
        own = self._processes.facts(self._identity)
        return began(self._began, own.age, self._clock) if own is not None else self._began

    async def note_new_keeper(self, why: str) -> None:
        """A keeper was replaced: a heal of ours, and services that died meanwhile are found by the
        sweep.
        """
        now = self._clock.wall()
        await self._ledger.heal(
            Heal(
                id=f"{int(now * 1000):013d}-{KEEPER}",
                subject=KEEPER,
                symptom="exited",
                cause=why,
                rule="heal",
                detected_at=now,
                detected_monotonic=self._clock.monotonic(),
                attempts=(Attempt("start", now),),
                outcome=Outcome.HEALED,
                verified_after=0.0,
                finished_at=now,
                note="services run on under the new keeper",
            )
        )
        await self._board.supervisor.refresh()

    async def _note_endings(self) -> None:
        """The watchdogs before this one, as the keeper saw them end: heals of ourselves."""
        seen = await self._seen_endings()
        try:
            endings = await (await self._link.client()).watchdog_endings(seen)
        except VrooliError as error:
            _log.warning("cannot learn how earlier watchdogs ended: %s", error)
            return
        for ending in endings:
            await self._note_ending(ending)
            seen = max(seen, int(ending["seq"]))
        if endings:
            state = {"keeper": self._link.keeper_id, "seq": seen}
            try:
                await self._history.put_state(_ENDINGS, state)
            except StorageError as error:
                _log.warning("%s", error)

    async def _seen_endings(self) -> int:
        try:
            saved = await self._history.get_state(_ENDINGS)
        except StorageError:
            return 0
        same = isinstance(saved, dict) and saved["keeper"] == self._link.keeper_id
        return int(saved["seq"]) if same else 0

    async def _note_ending(self, ending: dict[str, Any]) -> None:
        at, took = float(ending["at"]), ending.get("replaced_after_seconds")
        heal = Heal(
            id=f"{int(at * 1000):013d}-{AUTOHEAL}",
            subject=AUTOHEAL,
            symptom="exited",
            cause=str(ending["how"]),
            rule="heal",
            detected_at=at,
            detected_monotonic=float(ending.get("monotonic", self._clock.monotonic())),
            attempts=(Attempt("start", at),),
            verified_after=took,
            note="replaced by the keeper",
        )
        await asyncio.sleep(self._board.supervisor.stack.autoheal.stability)
        heal = heal.ended(Outcome.HEALED, self._clock.wall())
        await self._ledger.heal(heal)
        tracked = self._board.tracked.get(AUTOHEAL)
        if tracked is not None:
            tracked.heal = heal
            tracked.heals.append(at)
            tracked.starts.append(at)

    async def _purge_for_ever(self) -> None:
        shipping = self._server() is not None
        retention = Retention(
            self._history, self._clock, shipping=shipping, others=self._poster.keys
        )
        for turn in itertools.count(1):
            await asyncio.sleep(ROLL_UP_EVERY)
            try:
                if turn % PURGE_EVERY:
                    await roll_up(self._history)
                else:
                    await retention.run()
            except StorageError as error:
                _log.warning("retention: %s", error)

    async def _ship_for_ever(self) -> None:
        client = self._server()
        to = OwnServer(client, self._machine.host_id) if client is not None else None
        self._shipper = Shipper(self._history, to, self._clock)
        await self._shipper.run()

    async def _rotate_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._board.supervisor.stack.autoheal.sweep)
            # It may take long, or hang with the disk: nobody waits for it, and there is one.
            with suppress(DeadlineExceeded):
                await self._aside.answer("logs", self._rotate_logs, ROTATION)

    async def rotate_soon(self) -> None:
        """Have logs that are too large rotated; the caller does not wait for it."""
        with suppress(DeadlineExceeded):
            await self._aside.answer("logs", self._rotate_logs, 0.0)

    def _rotate_logs(self) -> None:
        home = self._board.supervisor.context.tools.place.home
        try:
            for path in home.logs.glob("*.log"):
                _rotate(path)
        except OSError as error:
            _log.warning("cannot look at the logs: %s", error)

    def _server(self) -> ServerClient | None:
        """The stack's server, None when it has none."""
        secrets = self._board.supervisor.context.tools.place.home.secrets
        for service in self._board.supervisor.stack.services.values():
            if service.kind == "server" and service.port:
                return ServerClient(HostPort(service.host, service.port), secrets / SERVER_TOKEN)
        return None

    def _trouble(self) -> list[str]:
        alarm = self.guard.alarm if self.guard is not None else ""
        said = (alarm, self._ledger.trouble, self._board.wanted.trouble)
        found = [text for text in said if text]
        spool = self._history.health()
        if spool.error and spool.error not in found:
            found.append(f"the history cannot be written: {spool.error}")
        return found + [line for speaker in self._speakers for line in speaker.trouble()]

    def _advice(self) -> list[str]:
        found = [line for speaker in self._speakers for line in speaker.advice()]
        if not self.system.memory().swap_total:
            found.append("this machine has no swap: when memory runs out, processes are killed")
        home = self._board.supervisor.context.tools.place.home
        if not protected_at_boot(home):
            how = "run `vrooli-autoheal install`"
            if not can_be_protected():
                how = "have `vrooli scenario start vrooli-autoheal` run at boot"
            found.append(f"nothing starts this stack after a reboot: {how}")
        return found


def _rotate(path: Path) -> None:
    try:
        done = rotate(path)
    except OSError as error:
        _log.warning("cannot rotate %s: %s", path, error)
        return
    if done is not None and done.lost:
        _log.warning("%s: %s", path, done.lost)
