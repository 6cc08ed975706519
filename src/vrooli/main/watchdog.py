"""Composition root of the watchdog: `python -m vrooli.main.watchdog`, or `vrooli-autoheal loop`.

It imports neither FastAPI, pydantic, structlog nor SQLAlchemy: it must stay small, and run when all
else is broken.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping

from vrooli.autoheal.board import Board
from vrooli.autoheal.events import Events
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.history import History
from vrooli.autoheal.hostchecks import HostChecker
from vrooli.autoheal.hosthealing import HostHealing
from vrooli.autoheal.jobs.book import Book
from vrooli.autoheal.jobs.jobs import JobParts, Jobs
from vrooli.autoheal.lag import LoopLag
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.loop import Loop, Parts
from vrooli.autoheal.operations import Operations
from vrooli.autoheal.progress import Progress
from vrooli.autoheal.reactor import Reactor
from vrooli.autoheal.restraints import Restraints
from vrooli.autoheal.scheduled import Scheduled
from vrooli.autoheal.situation import Situations
from vrooli.autoheal.watch import Observer
from vrooli.autoheal.web import Tokens
from vrooli.core.errors import VrooliError
from vrooli.core.home import Home
from vrooli.core.machine import Machine
from vrooli.core.passes import CONSOLE_KEY, FOR_WATCHDOG, Passes
from vrooli.host.clock import SystemClock
from vrooli.host.keeper_link import KeeperLink
from vrooli.host.locks import FileLock
from vrooli.host.own_memory import share_one_arena
from vrooli.host.own_threads import one_waits_for_a_disk
from vrooli.host.processes import LocalProcesses
from vrooli.host.secrets import FileSecrets
from vrooli.host.zones import Zones
from vrooli.main.assemble import context_for
from vrooli.main.boot import start_protected
from vrooli.main.cut_short import cleaned
from vrooli.main.home_guard import HomeGuard
from vrooli.main.jsonlog import log_to_stderr
from vrooli.main.places import find_home, make_home, this_machine
from vrooli.main.watchdog_api import ApiParts, serve_api
from vrooli.main.watchdog_chores import Chores
from vrooli.main.watchdog_judging import gates_for, suspicion_for
from vrooli.main.watchdog_notify import Notifications, Outside
from vrooli.main.watchdog_spec import watchdog_spec
from vrooli.stack.compiled import read_compiled
from vrooli.stack.model import AUTOHEAL, Stack
from vrooli.stack.names import DEFAULT_NAME
from vrooli.stack.progress import silent
from vrooli.stack.supervisor import Supervisor
from vrooli.stack.wanted import Wanted

_log = logging.getLogger(__name__)


async def run(home: Home, environment: Mapping[str, str]) -> None:
    """Watch until SIGTERM or SIGINT. Services run on afterwards.

    Raises:
        Busy: another watchdog holds the home.
        ConfigError: nothing was brought up here yet, or `stack.json` is damaged.
    """
    make_home(home)
    lock = FileLock(home.watchdog_lock, "a watchdog")
    lock.take()
    stack = read_compiled(home.stack_json)
    machine = this_machine(home)
    processes = LocalProcesses()
    link = KeeperLink(home, processes, watchdog_spec(home, environment), start_protected)
    await link.connect()
    history = History(home.spool, machine.boot_id, SystemClock())
    await history.start()
    try:
        watchdog = _Watchdog(home, stack, machine, link, history, environment)
        await watchdog.run(HomeGuard(home, lock))
    finally:
        await history.close()
        await link.close()
        lock.release()


class _Watchdog:
    """Puts the parts together."""

    def __init__(
        self,
        home: Home,
        stack: Stack,
        machine: Machine,
        link: KeeperLink,
        history: History,
        environment: Mapping[str, str],
    ) -> None:
        self._home, self._link, self._history = home, link, history
        clock = SystemClock()
        self._events = Events()
        self._lag = LoopLag(clock)
        context = context_for(stack, home, machine, link, environment)
        board = Board(Supervisor(context), Wanted(home.wanted_json, home.wanted_stand_in))
        ledger = Ledger(history, self._events, clock, machine.boot_id)
        suspicion = suspicion_for(context, self._lag, history)
        observer = Observer(board, clock, suspicion)
        self._chores = Chores(board, ledger, history, link, machine, self._lag)
        gate, zones = gates_for(context, self._chores.system, self._lag), Zones(environment)
        scheduled = Scheduled(lambda: board.supervisor.stack.maintenance, zones)
        restraints = Restraints(ledger, clock, scheduled)
        situations = Situations(board, restraints, gate, clock)
        reactor = Reactor(board, ledger, situations, look=observer.look, clock=clock)
        healing = HostHealing(board, ledger, restraints, context.executor, clock)
        checker = HostChecker(board, self._chores.facts, ledger, healing, suspicion)
        self._jobs = Jobs(
            JobParts(
                board=board,
                book=Book(history, self._events, clock),
                ledger=ledger,
                checker=checker,
                boot=machine.boot_id,
                zone=zones,
                spawn=reactor.spawn,
                rotate=self._chores.rotate_soon,
            )
        )
        operations = Operations(board, reactor, ledger, clock, self._jobs)
        self._parts = Parts(
            board=board,
            reactor=reactor,
            situations=situations,
            observer=observer,
            host_checker=checker,
            host_healing=healing,
            ledger=ledger,
            lag=self._lag,
            exits=link,
            operations=operations,
            restraints=restraints,
            clock=clock,
        )
        self._secrets = FileSecrets(home.secrets, environment)
        self._notifications = Notifications(
            self._parts, Outside(machine, history, self._events, self._secrets, environment)
        )
        self._chores.also(self._notifications)

    async def run(self, guard: HomeGuard) -> None:
        """Everything, until a signal, or until the home is lost."""
        self._chores.guard = guard
        loop = Loop(self._parts)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        create = self._secrets.create
        home = self._home
        tokens = Tokens(
            create(home.operator_token.name),
            create(home.reader_token.name),
            Passes(create(CONSOLE_KEY), FOR_WATCHDOG),
        )
        progress = self._progress(loop, guard)
        beat = asyncio.create_task(self._link.beat(_told(progress)))
        await self._chores.beats.load()
        await guarded(
            "what was cut short", self._clean()
        )  # before anything is started or asked for
        await loop.start()
        await self._jobs.start()
        self._link.on_replaced(self._chores.note_new_keeper)
        loop.on_booted(self._chores.boot.note)
        parts = self._parts
        parts.reactor.spawn(parts.ledger.event(AUTOHEAL, "the watchdog started", pid=os.getpid()))
        api = ApiParts(
            self._home,
            self._parts,
            self._events,
            loop,
            self._chores,
            self._notifications,
            tokens,
            self._history,
            self._jobs,
        )
        work = [
            beat,
            asyncio.create_task(loop.run()),
            asyncio.create_task(self._jobs.run()),
            asyncio.create_task(serve_api(api)),
            asyncio.create_task(self._chores.run()),
            asyncio.create_task(self._notifications.run()),
            asyncio.create_task(progress.run_canary()),
        ]
        stopped = asyncio.create_task(stop.wait())
        lost = asyncio.create_task(guard.lost())
        ends = {stopped, lost, *work}
        done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if lost in done:
            await guarded("stop what has lost its home", self._leave(guard, lost.result()))
        for task in ends:
            task.cancel()
        await asyncio.wait(ends, timeout=5.0)
        await parts.reactor.close()
        await parts.ledger.event(AUTOHEAL, "the watchdog stopped", pid=os.getpid())
        for task in done - {stopped}:
            task.result()

    async def _clean(self) -> None:
        for service, said in await cleaned(self._parts.board.supervisor.context):
            self._parts.reactor.spawn(self._parts.ledger.event(service, said, by=AUTOHEAL))

    async def _leave(self, guard: HomeGuard, how: str) -> None:
        """Stop every service in its order, then have the keeper stop what is left, us included."""
        await guarded("down", self._parts.operations.run("down", (), silent))
        self._home.wanted_stand_in.unlink(missing_ok=True)  # it is no will about the next home
        keeper = await self._link.client()
        if await guard.is_home_of(keeper):
            await keeper.leave(how)

    def _progress(self, loop: Loop, guard: HomeGuard) -> Progress:
        """What must go on for this watchdog to be worth keeping; on a disk that hangs, none other
        would do better.
        """
        board = self._parts.board

        def excused() -> bool:
            return guard.hangs or one_waits_for_a_disk()

        progress = Progress(self._parts.clock, excused)

        def between_sweeps() -> float:
            return board.supervisor.stack.autoheal.sweep

        progress.expect("the sweep", lambda: loop.sweeps, between_sweeps)
        progress.expect("the thread that writes the history", lambda: self._history.turns)
        return progress


def _told(progress: Progress) -> Callable[[], str]:
    """The same, said once in the log: it is the last word of this watchdog."""
    said: list[str] = []

    def stuck() -> str:
        why = progress.stuck()
        if why and not said:
            _log.error("%s; silent from now on, so that the keeper starts another watchdog", why)
            said.append(why)
        return why

    return stuck


def main() -> int:
    """Run the watchdog of `$VROOLI_HOME` (else the default stack's)."""
    return run_for(find_home(DEFAULT_NAME, os.environ))


def run_for(home: Home) -> int:
    """Run the watchdog of `home`; the exit code."""
    share_one_arena()  # before the first thread
    log_to_stderr()
    try:
        asyncio.run(run(home, dict(os.environ)))
    except VrooliError as error:
        _log.error("%s", error)
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
