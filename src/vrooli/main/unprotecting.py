"""Removing the unit of a home, and nothing else: what runs, runs on."""

import os

from vrooli.core.errors import ConfigError, StartFailed
from vrooli.host.start_keeper import keeper_identity
from vrooli.main.bringing import bring_up
from vrooli.main.turn import Turn
from vrooli.main.unit_record import read_record
from vrooli.main.unit_work import UnitWork
from vrooli.stack.compiled import read_compiled


def uninstall(work: UnitWork) -> bool:
    """Remove all that `install` made. Whether there was anything.

    Raises:
        StorageError: a file cannot be removed.
        StartFailed: the service manager still knows it.
    """
    home = work.home
    record = read_record(home.unit_json)
    marks = work.manager.marks(work.unit)
    if record is None and not any(os.path.lexists(mark) for mark in marks):
        return False
    with Turn(home):
        ran = keeper_identity(home) is not None
        detach(work, stay=ran)
        lingering = work.manager.unlinger(work.unit)
        if lingering is not None and record is not None and record.lingering:
            work.carry_out([lingering])
        home.unit_json.unlink(missing_ok=True)
        if ran:
            go_on_without(work)
    if work.see().loaded:
        raise StartFailed(
            "the service manager still knows it",
            where=work.unit.name,
            next_step="stop and disable it by hand, then run this again",
        )
    return True


def detach(work: UnitWork, *, stay: bool) -> None:
    """1. no start at boot, so that the watchdog asks nobody for the next keeper; 2. end the main
    process, with services and watchdog told to stay if they shall; 3. remove the file.
    """
    work.carry_out_as_far_as_possible(work.manager.unregister(work.unit))
    if stay:
        work.home.stay.touch(mode=0o600)
    try:
        work.carry_out_as_far_as_possible(work.manager.stop(work.unit))
    finally:
        work.home.stay.unlink(missing_ok=True)
    work.remove(work.manager.marks(work.unit)[0])
    work.carry_out_as_far_as_possible(work.manager.forget(work.unit))


def go_on_without(work: UnitWork) -> None:
    """Have a keeper of our own, and the watchdog."""
    try:
        stack = read_compiled(work.home.stack_json)
    except ConfigError:
        return
    bring_up(stack, work.home, work.environment)
    work.did.append("what ran runs on, with a keeper that no service manager started")
