"""Installing the unit of a home: verified, and taken back when that fails."""

import asyncio
import time
from dataclasses import replace

from vrooli.autoheal.service_manager import Contents, Seen
from vrooli.client.watchdog import WatchdogClient
from vrooli.core.command import WriteFile
from vrooli.core.errors import Refused, StartFailed, VrooliError
from vrooli.core.home import Home
from vrooli.host.accounts import ensure_service_user
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.secrets import FileSecrets
from vrooli.host.start_keeper import keeper_identity
from vrooli.main.boot import carry_out
from vrooli.main.bringing import bring_up, known_environment, stop_watchdog
from vrooli.main.lasting import refuse_what_is_another_ones, refuse_what_would_not_last
from vrooli.main.places import SERVICE_USER, make_home
from vrooli.main.sight import belongs, content_of, protection
from vrooli.main.turn import Turn
from vrooli.main.unit import contents_of
from vrooli.main.unit_record import UnitRecord, read_record, write_record
from vrooli.main.unit_work import UnitWork
from vrooli.main.unprotecting import detach, go_on_without
from vrooli.stack.compiled import read_compiled, write_compiled
from vrooli.stack.model import Stack

SETTLES = 30.0
"""Seconds until what was started must be as it should be."""

STAYS = 1.0
"""Seconds for which it must stay so: what ends at once was active for a moment."""

_PAUSE = 0.1

_NO_MANAGER = "log in as {user} (not by `su`), or first, as root: loginctl enable-linger {user}"


def install(work: UnitWork, stack: Stack) -> bool:
    """Have the operating system start the keeper of the home at boot, and keep it from now on.
    Whether anything was changed.

    Raises:
        Refused: it would not survive a reboot.
        StartFailed: it could not be verified, and was taken back.
    """
    refuse_what_would_not_last(work.home, stack)
    refuse_what_is_another_ones(work.home, work.environment)
    silence = work.see().silence
    if silence:
        raise Refused(silence, next_step=_NO_MANAGER.format(user=work.unit.user))
    make_home(work.home)
    if work.unit.system:
        ensure_service_user(SERVICE_USER)
    with Turn(work.home):
        return _install(work, stack)


def _install(work: UnitWork, stack: Stack) -> bool:
    ran = keeper_identity(work.home) is not None
    # The watchdog may be started anew, and would have less of an environment than it has.
    environment = known_environment(stack, work.home, work.environment)
    try:
        _have_unit(work, stack, ran)
    except BaseException:
        if ran:
            go_on_without(work)
        raise
    if work.did and ran:
        bring_up(read_compiled(work.home.stack_json), work.home, environment)
    return bool(work.did)


def _have_unit(work: UnitWork, stack: Stack, ran: bool) -> None:
    FileSecrets(work.home.secrets, work.environment).create(work.home.operator_token.name)
    if not work.home.stack_json.exists():
        write_compiled(stack, work.home.stack_json)
    contents = contents_of(work.home, stack, work.environment)
    attempt = _Installation(work, contents, ran)
    if not _is_in_order(work, contents):
        attempt.run()
    attempt.complete()


def _is_in_order(work: UnitWork, contents: Contents) -> bool:
    wanted = work.manager.files(work.unit, contents)
    if any(content_of(file.path) != file.content for file in wanted):
        return False
    found = protection(work.home, work.environment, work.programs)
    return not any(problem.mended for problem in found.problems)


class _Installation:
    """One attempt."""

    def __init__(self, work: UnitWork, contents: Contents, ran: bool) -> None:
        self._work, self._home, self._contents = work, work.home, contents
        self._files = work.manager.files(work.unit, contents)
        self._before = [_known(file) for file in self._files]
        self._was = work.see()
        self._ran = ran

    def run(self) -> None:
        """1. write; 2. register; 3. start; 4. verify. Whatever ends it early ends it wholly."""
        work = self._work
        try:
            work.write(self._files)
            work.carry_out(work.manager.register(work.unit))
            self._start()
            self._verify()
        except BaseException as error:
            self._take_back()
            if not isinstance(error, VrooliError):
                raise
            raise StartFailed(
                f"{error.what}; everything was put back as it was",
                where=error.where or work.unit.name,
                next_step=error.next_step or f"see {self._home.log('keeper')}",
            ) from error
        self._remember()

    def complete(self) -> None:
        """What it can do without, and is told by the verdict: lingering, and that what ran before
        is part of it.
        """
        self._have_linger()
        self._gather()

    def _have_linger(self) -> None:
        work = self._work
        act = work.manager.linger(work.unit)
        if act is None or work.see().lingers is not False:
            return
        carry_out([act], work.programs)
        if work.see().lingers:
            work.did.append(" ".join(act.argv))
            record = read_record(self._home.unit_json) or UnitRecord(work.unit.name)
            write_record(self._home.unit_json, replace(record, lingering=True))

    def _start(self) -> None:
        """A unit that ran as it was before is started anew, and its watchdog with it, which has the
        environment of before.
        """
        work = self._work
        if not self._was.active:
            work.carry_out(work.manager.start(work.unit))
            ran = "it took over from the keeper that ran: services run on"
            fresh = "keeper and watchdog run: `vrooli up` starts the services"
            work.did.append(ran if self._ran else fresh)
            return
        stop_watchdog(self._home)
        work.carry_out(work.manager.restart(work.unit))
        work.did.append("keeper and watchdog were started anew: services run on")

    def _verify(self) -> None:
        """It is as it should be, and stays so. That a user does not linger is in the verdict."""
        deadline = time.monotonic() + SETTLES
        while (trouble := self._trouble()) and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        if not trouble:
            time.sleep(STAYS)
            trouble = self._trouble()
        if trouble:
            raise StartFailed(
                f"the unit does not work: {trouble}",
                next_step="`systemctl status` and `journalctl --unit` show more of it",
            )

    def _trouble(self) -> str:
        """Why it cannot be trusted yet; empty when it can."""
        seen, keeper = self._work.see(), keeper_identity(self._home)
        trouble = _state(seen)
        if trouble:
            return trouble
        if keeper is None or keeper.pid != seen.main_pid:
            return f"its main process {seen.main_pid} does not keep {self._home.root}"
        try:
            WatchdogClient.of(self._home).health()
        except VrooliError as error:
            return f"the watchdog does not answer: {error.what}"
        return ""

    def _take_back(self) -> None:
        """The unit that was there before, or none."""
        work, was = self._work, self._was
        if not was.active:
            detach(work, stay=self._ran)
        work.write(file for file in self._before if file is not None)
        if was.enabled:
            work.carry_out_as_far_as_possible(work.manager.register(work.unit))
        if was.active:
            work.carry_out_as_far_as_possible(work.manager.restart(work.unit))

    def _remember(self) -> None:
        known = read_record(self._home.unit_json)
        record = UnitRecord(
            unit=self._work.unit.name,
            environment=self._contents.environment,
            lingering=known is not None and known.lingering,
            installed_at=time.time(),
        )
        write_record(self._home.unit_json, record)

    def _gather(self) -> None:
        """Make what was started before the unit a part of it, so that it is not ended with the
        session that it was started from.
        """
        work = self._work
        mark = work.manager.group(work.unit)
        pids = [pid for pid in asyncio.run(_processes(self._home)) if not belongs(pid, mark)]
        act = work.manager.gather(work.unit, pids) if mark and pids else None
        if act is not None:
            carry_out([act], work.programs)
            left = [pid for pid in pids if not belongs(pid, mark)]
            if len(left) < len(pids):
                count = len(pids) - len(left)
                work.did.append(f"{count} running processes are now part of the unit")


def _known(file: WriteFile) -> WriteFile | None:
    content = content_of(file.path)
    if content is None:
        return None
    return WriteFile(file.path, content.decode("latin-1"), file.mode, encoding="latin-1")


def _state(seen: Seen) -> str:
    if seen.silence:
        return seen.silence
    if not (seen.loaded and seen.enabled and seen.active):
        known = "loaded" if seen.loaded else "not loaded"
        return f"{known}, {'enabled' if seen.enabled else 'not enabled'}, {seen.state}"
    return "; ".join(seen.amiss)


async def _processes(home: Home) -> list[int]:
    """The watchdog, and every service with its descendants."""
    async with await KeeperClient.connect(home.keeper_socket) as keeper:
        found: list[int] = []
        watchdog = (await keeper.ping())["watchdog"]
        if watchdog is not None:
            found.append(int(watchdog["identity"]["pid"]))
        for launch in await keeper.launches():
            found += [identity.pid for identity in await keeper.survivors(launch.launch_id)]
        return found
