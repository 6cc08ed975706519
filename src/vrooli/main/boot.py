"""Whether and how the operating system keeps the keeper: cheap looks, and starting it."""

import asyncio
import logging
import os
import time
from collections.abc import Iterable

from vrooli.autoheal.service_manager import Act, ServiceManager
from vrooli.core.errors import StartFailed, Unreachable, VrooliError
from vrooli.core.home import Home
from vrooli.core.ports.programs import Programs
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.start_keeper import start_keeper
from vrooli.main.operating_system import programs
from vrooli.main.unit import running_manager, unit_of

_log = logging.getLogger(__name__)

SERVES = 15.0
"""Seconds until a keeper that the service manager has started must answer."""

_PAUSE = 0.1


def kept_by(home: Home) -> ServiceManager | None:
    """The service manager that keeps the keeper of `home`, None when none does. Looks at files."""
    manager = running_manager()
    if manager is None or not _there(manager.marks(unit_of(home))):
        return None
    return manager


def protected_at_boot(home: Home) -> bool:
    """Whether the operating system starts the keeper of `home` at boot. Looks at files."""
    manager = kept_by(home)
    return manager is not None and _there(manager.boot_marks(unit_of(home)))


def _there(paths: Iterable[str]) -> bool:
    return all(os.path.lexists(path) for path in paths)


def can_be_protected() -> bool:
    """Whether there is a service manager here."""
    return running_manager() is not None


def carry_out(acts: Iterable[Act], using: Programs) -> None:
    """Run the commands, in order.

    Raises:
        StartFailed: one that is needed failed, with what it said.
    """
    for act in acts:
        try:
            answer = using.run(act.argv, act.seconds)
        except VrooliError as error:
            if act.needed:
                raise StartFailed(
                    f"cannot {act.title}: {error.what}",
                    where=error.where,
                    next_step=error.next_step or "do it by hand to see more, then run this again",
                ) from error
            continue
        if act.needed and not answer.ok:
            said = f"cannot {act.title}: {answer.said}"
            raise StartFailed(
                said,
                where=" ".join(act.argv[:4]),
                next_step="do it by hand to see more, then run this again",
            )


async def start_protected(home: Home) -> KeeperClient:
    """See `host.start_keeper.Starter`: by the service manager where the unit is installed, since a
    keeper beside it would only be replaced; else, or when that fails, by ourselves.
    """
    manager = kept_by(home)
    if manager is None:
        return await start_keeper(home)
    acts, using = manager.start(unit_of(home)), programs(os.environ)
    try:
        return await _until_it_serves(home, acts, using)
    except VrooliError as error:
        _log.warning("the service manager does not start the keeper: %s", error)
        return await start_keeper(home)


async def _until_it_serves(home: Home, acts: Iterable[Act], using: Programs) -> KeeperClient:
    """Asked again and again: one that was killed a moment ago still counts as running."""
    deadline = time.monotonic() + SERVES
    while True:
        await asyncio.to_thread(carry_out, acts, using)
        try:
            return await KeeperClient.connect(home.keeper_socket)
        except Unreachable:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(_PAUSE)
