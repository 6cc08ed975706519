"""Having keeper and watchdog run, and ending them. Used by a command whose turn it is."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from vrooli.cli.kit import BroughtUp
from vrooli.cli.render import note
from vrooli.client.watchdog import WatchdogClient
from vrooli.core.errors import ConfigError, StartFailed, Unreachable, VrooliError
from vrooli.core.home import Home
from vrooli.host.accounts import ensure_service_user
from vrooli.host.former import former_ended
from vrooli.host.keeper.installation import installation
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.processes import LocalProcesses
from vrooli.host.recorded import RecordedKeeper
from vrooli.host.secrets import FileSecrets
from vrooli.host.start_keeper import answering, keeper_identity, reach_keeper
from vrooli.main.boot import (
    can_be_protected,
    carry_out,
    kept_by,
    protected_at_boot,
    start_protected,
)
from vrooli.main.operating_system import programs
from vrooli.main.places import SERVICE_USER, make_home, this_machine
from vrooli.main.unit import unit_of
from vrooli.main.watchdog_environment import has_other_values, known_values
from vrooli.main.watchdog_spec import watchdog_spec
from vrooli.stack.compiled import read_compiled, write_compiled
from vrooli.stack.diff import difference
from vrooli.stack.kind import Place
from vrooli.stack.launching import rotated
from vrooli.stack.logs import tail
from vrooli.stack.model import AUTOHEAL, Stack
from vrooli.stack.wanted import Wanted

ANSWERS = 20.0
"""Seconds that a fresh watchdog gets until its API answers."""

ENDS = 10.0
"""Seconds that it gets to end after TERM, before KILL."""

_PAUSE = 0.05


def bring_up(stack: Stack, home: Home, environment: Mapping[str, str]) -> BroughtUp:
    """Keep `stack` as the last good one, and have keeper and watchdog running.

    Raises:
        UsageError: the home cannot be written.
        StartFailed: the watchdog does not come up, with the last lines of its log.
        Busy: the stack of a home that was here before does not end.
    """
    asyncio.run(former_ended(home, note))
    _tell_last_words(home)
    make_home(home)
    if os.geteuid() == 0:
        ensure_service_user(SERVICE_USER)
    keeper = keeper_identity(home)
    again = not Wanted(home.wanted_json, home.wanted_stand_in).paused
    FileSecrets(home.secrets, environment).create(home.operator_token.name)
    last = _last(home)
    change = difference(last, stack) if last else None
    environment = known_environment(stack, home, environment)
    if last is None or change or last.source != stack.source:
        write_compiled(stack, home.stack_json)
    watched = any(service.is_watchdog for service in stack.services.values())
    if kept_by(home) is None:  # the unit says itself which installation it starts
        asyncio.run(_leave_other_installation(home))
    stopped: tuple[str, ...] | None = ()
    if watched:
        _renew_environment(stack, home, environment)
        by_unit = _start_unit(home)
        stopped = _have_watchdog(home, environment, reload=bool(change))
        if by_unit and _renew_environment(stack, home, environment):
            _have_watchdog(home, environment, reload=False)
    else:
        asyncio.run(_have_keeper(home))
    place = Place(home, this_machine(home), FileSecrets(home.secrets, environment))
    renewed = asyncio.run(_rotated(stack, place))
    begun = {"keeper": keeper != keeper_identity(home), "watchdog": stopped is None}
    return BroughtUp(
        watched,
        change,
        renewed,
        protected_at_boot(home),
        can_be_protected(),
        stopped=stopped or (),
        started=tuple(name for name, new in begun.items() if new),
        again=again,
    )


def known_environment(stack: Stack, home: Home, environment: Mapping[str, str]) -> dict[str, str]:
    """`environment`, and what the watchdog has for the variables that `stack` refers to: one that
    is not set here was set for an earlier `up`, and holds until it changes.
    """
    pid = _watchdog_pid(home)
    known = known_values(pid, stack) if pid is not None else None
    return {**(known or {}), **environment}


def stop_watchdog(home: Home) -> bool:
    """Stop the watchdog; services run on. Whether there was one."""
    return asyncio.run(_stop_watchdog(home))


def minds_watchdog(home: Home) -> bool:
    """Whether a keeper is there that minds a watchdog: then one answers soon. A keeper that hangs,
    or that is gone and has left a watchdog behind, is replaced first: only a keeper can tell.
    """
    left = RecordedKeeper(home, LocalProcesses()).watchdog
    if keeper_identity(home) is None and left is None:
        return False

    async def ask() -> bool:
        async with await reach_keeper(home) as keeper:
            return bool((await keeper.ping())["watching"])

    try:
        return asyncio.run(ask())
    except Unreachable:
        return False


def end_keeper(home: Home, *, blindly: bool = False) -> Iterator[dict[str, Any]]:
    """Stop the watchdog, then end the keeper; progress lines.

    Args:
        home: whose.
        blindly: nobody knows what runs (the home has no stack): the keeper stops it all.
    """
    began = time.monotonic()
    ended = [] if blindly else _stop_unit(home)
    for name, changed in ended or asyncio.run(_end(home, blindly=blindly)):
        seconds = round(time.monotonic() - began, 3)
        phase = "stopped" if changed else "unchanged"
        message = "" if changed else "not running"
        yield {"service": name, "phase": phase, "message": message, "seconds": seconds}
    if blindly:
        _stop_unit(home)


def _tell_last_words(home: Home) -> None:
    with suppress(OSError):
        note(home.last_words.read_text(encoding="utf-8", errors="replace").rstrip())
        home.last_words.unlink()


def _last(home: Home) -> Stack | None:
    try:
        return read_compiled(home.stack_json)
    except ConfigError:
        return None


def _watchdog_pid(home: Home) -> int | None:
    try:
        return int(WatchdogClient.of(home).status()["watchdog"]["pid"])
    except VrooliError:  # it is away, or goes away now
        return None


async def _rotated(stack: Stack, place: Place) -> dict[str, tuple[str, ...]]:
    """References with another value than their service runs with, as far as can be told: what is
    wrong with one that cannot be resolved is said when its service is started.
    """
    found: dict[str, tuple[str, ...]] = {}
    with suppress(VrooliError):
        async with await KeeperClient.connect(place.home.keeper_socket) as keeper:
            launches = {launch.service: launch for launch in await keeper.launches()}
        for name, service in stack.services.items():
            if name in launches:
                with suppress(VrooliError):
                    found[name] = rotated(launches[name].fingerprint, service, stack, place)
    return {name: others for name, others in found.items() if others}


def _start_unit(home: Home) -> bool:
    """Have the service manager start what it keeps; whether it did. Its watchdog has the
    environment of the unit, not ours.
    """
    manager = kept_by(home)
    if manager is None:
        return False
    try:
        carry_out(manager.start(unit_of(home)), programs(os.environ))
    except StartFailed:  # `up` works all the same, and the check `os-watchdog` tells
        return False
    return True


def _renew_environment(stack: Stack, home: Home, environment: Mapping[str, str]) -> bool:
    """Stop a watchdog that cannot resolve `env:` as this `up` can; services run on meanwhile."""
    pid = _watchdog_pid(home)
    known = known_values(pid, stack) if pid is not None else None
    if known is None or not has_other_values(known, stack, environment):
        return False
    return stop_watchdog(home)


def _have_watchdog(
    home: Home, environment: Mapping[str, str], *, reload: bool
) -> tuple[str, ...] | None:
    """The services that it stopped because they are gone from the stack; None when it had to be
    started.
    """
    client = WatchdogClient.of(home)
    if _answers(client):
        with suppress(Unreachable):  # it went away; the next one reads the edited stack
            return tuple(client.reload().get("stopped", ())) if reload else ()
    asyncio.run(_watch(home, environment))
    deadline = time.monotonic() + ANSWERS
    while not _answers(client):
        if time.monotonic() >= deadline:
            shown = "".join(f"\n  | {line}" for line in tail(home.log(AUTOHEAL), 10))
            raise StartFailed(
                f"the watchdog does not answer after {ANSWERS:g} s{shown}",
                where=AUTOHEAL,
                next_step=f"see {home.log(AUTOHEAL)}",
            )
        time.sleep(_PAUSE)
    return None


def _answers(client: WatchdogClient) -> bool:
    try:
        client.health()
    except VrooliError:
        return False
    return True


async def _leave_other_installation(home: Home) -> None:
    """End a watchdog, and a keeper, that run from another installation than ours; services run on.
    They would look for files of the other one, which may be gone, and show services its folders.
    """
    try:
        keeper = await answering(home)
    except Unreachable:
        return  # a hung one is replaced later
    async with keeper:
        told = await keeper.ping()
        ours = installation()
        others_keeper = told.get("installation") != ours
        watchdog = told["watchdog"]
        if others_keeper or (watchdog is not None and watchdog["fingerprint"] != ours):
            await _stop_watchdog(home)
        if others_keeper:
            await keeper.shutdown(force=True)
    if others_keeper:
        await asyncio.to_thread(_wait_for_keepers_end, home)


async def _have_keeper(home: Home) -> None:
    async with await reach_keeper(home, start_protected):
        return


async def _watch(home: Home, environment: Mapping[str, str]) -> None:
    async with await reach_keeper(home, start_protected) as keeper:
        await keeper.watch(watchdog_spec(home, environment))


async def _stop_watchdog(home: Home) -> bool:
    try:
        keeper = await KeeperClient.connect(home.keeper_socket)
    except Unreachable:
        return False
    async with keeper:
        launch = await keeper.unwatch()
        if launch is None:
            return False
        await keeper.signal(launch.launch_id, signal.SIGTERM)
        deadline = time.monotonic() + ENDS
        while (await keeper.ping())["watchdog"] is not None:
            if time.monotonic() >= deadline:
                await keeper.signal(launch.launch_id, signal.SIGKILL)
            await asyncio.sleep(_PAUSE)
        return True


def _stop_unit(home: Home) -> list[tuple[str, bool]]:
    """End them where a service manager keeps them; empty where none does. It would start again
    what ends by itself.
    """
    manager, ran = kept_by(home), keeper_identity(home) is not None
    if manager is None:
        return []
    carry_out(manager.stop(unit_of(home)), programs(os.environ))
    if keeper_identity(home) is not None:  # one of our own
        return []
    _remove_run_folder(home)
    return [(AUTOHEAL, ran), ("keeper", ran)]


async def _end(home: Home, *, blindly: bool) -> list[tuple[str, bool]]:
    stopped = await _stop_watchdog(home)
    try:
        keeper = await KeeperClient.connect(home.keeper_socket)
    except Unreachable:
        return [(AUTOHEAL, stopped)]
    async with keeper:
        if blindly:
            await _left_by(keeper)
        else:
            await keeper.shutdown()
    await asyncio.to_thread(_remove_run_folder, home)
    return [(AUTOHEAL, stopped), ("keeper", True)]


async def _left_by(keeper: KeeperClient) -> None:
    await keeper.leave("brought down by an operator, and there is no stack in its home")
    while not keeper.closed:  # noqa: ASYNC110 -- it ends when all has ended, each in its time
        await asyncio.sleep(_PAUSE)


def _remove_run_folder(home: Home) -> None:
    """Sockets went with who served at them; what else is in it may still be wanted."""
    _wait_for_keepers_end(home)
    with suppress(OSError):
        home.own_stops.unlink(missing_ok=True)
        for said in home.run.glob("probe-*.out"):
            said.unlink()
        for sockets in home.run.glob("pg-*"):
            sockets.rmdir()
        home.run.rmdir()


def _wait_for_keepers_end(home: Home) -> None:
    deadline = time.monotonic() + ENDS
    while keeper_identity(home) is not None and time.monotonic() < deadline:
        time.sleep(_PAUSE)
