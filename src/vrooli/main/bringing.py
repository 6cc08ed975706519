"""Having keeper and watchdog run, and ending them. Used by commands, one at a time for a home."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Mapping
from typing import Any

from vrooli.cli.kit import BroughtUp
from vrooli.client.watchdog import WatchdogClient
from vrooli.core.errors import ConfigError, StartFailed, Unreachable, VrooliError
from vrooli.core.home import Home
from vrooli.host.accounts import ensure_service_user
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.locks import held
from vrooli.host.secrets import FileSecrets
from vrooli.host.start_keeper import keeper_identity, reach_keeper
from vrooli.main.boot import protected_at_boot
from vrooli.main.places import SERVICE_USER, make_home
from vrooli.main.watchdog_environment import knows_other_values
from vrooli.main.watchdog_spec import watchdog_spec
from vrooli.stack.compiled import read_compiled, write_compiled
from vrooli.stack.diff import Difference, difference
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
    """
    make_home(home)
    if os.geteuid() == 0:
        ensure_service_user(SERVICE_USER)
    keeper, again = keeper_identity(home), not Wanted(home.wanted_json).paused
    with held(home.up_lock, "another `up`"):
        FileSecrets(home.secrets, environment).create(home.operator_token.name)
        change = _compiled_difference(stack, home)
        if change is None or change:
            write_compiled(stack, home.stack_json)
        watched = any(service.is_watchdog for service in stack.services.values())
        if watched:
            _renew_environment(stack, home, environment)
            stopped = _have_watchdog(home, environment, reload=bool(change))
        else:
            asyncio.run(_have_keeper(home))
            stopped = ()
    begun = {"keeper": keeper != keeper_identity(home), "watchdog": stopped is None}
    started = tuple(name for name, new in begun.items() if new)
    return BroughtUp(watched, change, protected_at_boot(), stopped or (), started, again)


def stop_watchdog(home: Home) -> bool:
    """Stop the watchdog; services run on. Whether there was one."""
    return asyncio.run(_stop_watchdog(home))


def minds_watchdog(home: Home) -> bool:
    """Whether a keeper is there that minds a watchdog: then one answers soon."""

    async def ask() -> bool:
        async with await KeeperClient.connect(home.keeper_socket) as keeper:
            return bool((await keeper.ping())["watching"])

    try:
        return asyncio.run(ask())
    except Unreachable:
        return False


def end_keeper(home: Home) -> Iterator[dict[str, Any]]:
    """Stop the watchdog, then end the keeper; progress lines."""
    began = time.monotonic()
    for name, changed in asyncio.run(_end(home)):
        seconds = round(time.monotonic() - began, 3)
        phase = "stopped" if changed else "unchanged"
        message = "" if changed else "not running"
        yield {"service": name, "phase": phase, "message": message, "seconds": seconds}


def _compiled_difference(stack: Stack, home: Home) -> Difference | None:
    try:
        return difference(read_compiled(home.stack_json), stack)
    except ConfigError:
        return None


def _renew_environment(stack: Stack, home: Home, environment: Mapping[str, str]) -> None:
    """Stop a watchdog that cannot resolve `env:` as this `up` can; services run on meanwhile."""
    client = WatchdogClient.of(home)
    if not _answers(client):
        return
    if knows_other_values(int(client.status()["watchdog"]["pid"]), stack, environment):
        stop_watchdog(home)


def _have_watchdog(
    home: Home, environment: Mapping[str, str], *, reload: bool
) -> tuple[str, ...] | None:
    """The services that it stopped because they are gone from the stack; None when it had to be
    started.
    """
    client = WatchdogClient.of(home)
    if _answers(client):
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


async def _have_keeper(home: Home) -> None:
    async with await reach_keeper(home):
        return


async def _watch(home: Home, environment: Mapping[str, str]) -> None:
    async with await reach_keeper(home) as keeper:
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


async def _end(home: Home) -> list[tuple[str, bool]]:
    stopped = await _stop_watchdog(home)
    try:
        keeper = await KeeperClient.connect(home.keeper_socket)
    except Unreachable:
        return [(AUTOHEAL, stopped)]
    async with keeper:
        await keeper.shutdown()
    return [(AUTOHEAL, stopped), ("keeper", True)]
