"""Services that a manager holds: what it says of them, as launches and endings like those of our
own processes.
"""

import asyncio
from collections.abc import Iterable

from vrooli.core.errors import (
    AccessDenied,
    DeadlineExceeded,
    ProtocolError,
    Unreachable,
    VrooliError,
)
from vrooli.core.identity import Identity
from vrooli.core.launch import Exit, Launch
from vrooli.core.ports.manager import Held
from vrooli.stack.launched import launch_fingerprint
from vrooli.stack.model import Service
from vrooli.stack.runtime import Context

SAME_START = 5.0
"""Seconds by which a manager and the kernel may differ about when a process began, when they mean
the same one: a pid of another pid namespace is no pid of ours."""

SILENCE = (Unreachable, AccessDenied, DeadlineExceeded, ProtocolError)
"""Errors by which a manager tells nothing about what it holds."""

_BETWEEN = ":"


def is_held(launch: Launch) -> bool:
    """Whether it is one of a manager, not of the keeper, whose ids are hexadecimal."""
    return _BETWEEN in launch.launch_id


async def ask(service: Service, context: Context) -> Held:
    """What its manager says now, noted.

    Raises:
        VrooliError: one of `SILENCE`: nobody knows how it is.
    """
    manager = context.managers[service.runtime]
    try:
        held = await manager.look(service.held)
    except SILENCE as error:
        context.silent[service.name] = said(error)
        raise
    note(service, held, context)
    return held


async def ask_all(services: Iterable[Service], context: Context) -> None:
    """Ask about several at once; those whose manager is silent stay as they were."""

    async def one(service: Service) -> None:
        try:
            await ask(service, context)
        except SILENCE:
            return  # noted by `ask`

    await asyncio.gather(*(one(service) for service in services if service.is_held))


def note(service: Service, held: Held, context: Context) -> Exit | None:
    """Take on what a manager says; the ending that it tells, when that is news."""
    context.silent.pop(service.name, None)
    before = context.launches.get(service.name)
    if before is not None and not is_held(before):
        if context.exits.get(before.launch_id) is None:
            context.held[service.name] = held
            return None  # a process of ours by that name is still there: it is stopped first
        before = None
    if _is_stale(before, held, service, context):
        return None
    context.held[service.name] = held
    news = _missed(before, held, service, context)
    if not held.run:
        return news
    if before is None or before.launch_id != _launch_id(service, held):
        context.launches[service.name] = before = _launch(service, held, context)
    if _is_alive(held) or context.exits.get(before.launch_id) is not None:
        return news
    return _ended(before, held, context)


def forget_undeclared(context: Context) -> None:
    """Let go of what the stack does not declare any more: it is left as it is."""
    for name, launch in [*context.launches.items()]:
        service = context.stack.services.get(name)
        if is_held(launch) and (
            service is None or not launch.launch_id.startswith(service.runtime + _BETWEEN)
        ):
            del context.launches[name]
            context.held.pop(name, None)


def said(error: VrooliError) -> str:
    """Why a manager tells nothing, with its address."""
    return f"{error.where}: {error.what}" if error.where else error.what


def _is_alive(held: Held) -> bool:
    """Whether its main process is there."""
    return held.phase in ("running", "starting") or (held.phase == "stopping" and held.pid > 0)


def _is_stale(before: Launch | None, held: Held, service: Service, context: Context) -> bool:
    """Whether this was so before something that is known by now: two who ask at once hear the
    answers in any order.
    """
    launch_id = _launch_id(service, held)
    if _is_alive(held):
        return context.exits.get(launch_id) is not None  # none comes back to life
    if before is None or before.launch_id == launch_id:
        return False
    runs = context.exits.get(before.launch_id) is None
    return runs and 0 < held.since < before.started_at


def _missed(before: Launch | None, held: Held, service: Service, context: Context) -> Exit | None:
    """The ending of the run that was there before this one, when nobody told it."""
    if before is None or before.launch_id == _launch_id(service, held):
        return None
    if context.exits.get(before.launch_id) is not None:
        return None
    return _ended(before, None, context)


def _ended(launch: Launch, held: Held | None, context: Context) -> Exit:
    clock = context.tools.clock
    code, signal, why = (held.code, held.signal, held.why) if held else (None, None, "")
    ended = Exit(0, launch, code, signal, clock.wall(), clock.monotonic(), why)
    context.exits.record(ended)
    return ended


def _launch_id(service: Service, held: Held) -> str:
    return f"{service.runtime}{_BETWEEN}{held.run}"


def _launch(service: Service, held: Held, context: Context) -> Launch:
    return Launch(
        launch_id=_launch_id(service, held),
        service=service.name,
        identity=_identity(held, context),
        fingerprint=held.mark if service.is_made else _as_declared(service, context),
        started_at=held.since,
        adopted=True,
    )


def _as_declared(service: Service, context: Context) -> str:
    """Nothing of the declaration goes into what others have made."""
    return launch_fingerprint(service, context.stack, {})


def _identity(held: Held, context: Context) -> Identity:
    """Of its main process, where it is one that we can see."""
    found = context.processes.identity(held.pid) if held.pid else None
    facts = context.processes.facts(found) if found is not None else None
    lived = context.tools.clock.wall() - held.since
    if found is None or facts is None or abs(facts.age - lived) > SAME_START:
        return Identity(context.tools.place.machine.boot_id, 0, 0)
    return found
