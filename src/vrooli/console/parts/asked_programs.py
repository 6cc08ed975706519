"""Watchdog, server and console are asked who they are, once for all open pages."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.client.health import health_of
from vrooli.console.page import View
from vrooli.console.parts.programs import CONSOLE, SERVER, WATCHDOG, Program, answered, silent
from vrooli.console.queues import Queue
from vrooli.core.address import HostPort
from vrooli.core.errors import VrooliError

BEGAN = time.time()
"""When this console did, unix seconds."""

PATIENT, HASTY = 5.0, 1.0
"""Seconds for an answer; the second of a watchdog that is known not to give one."""

AGE = 5.0
"""Seconds for which an answer will do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What they said.

    Attributes:
        programs: all there are.
        watchdog, server: their `GET /about`; empty where it was not to be had.
    """

    programs: tuple[Program, ...]
    watchdog: Mapping[str, Any] = field(default_factory=dict)
    server: Mapping[str, Any] = field(default_factory=dict)


async def ask_programs(view: View) -> Asked:
    """What they say now; one that does not answer says so."""
    return await view.feed.answers.get("programs", lambda: _ask(view), seconds=AGE)


async def _ask(view: View) -> Asked:
    settings, acting = view.acting.ways.settings, view.acting
    scheme = "https" if settings.tls else "http"
    here = (f"{scheme}://{HostPort(settings.host, settings.port)}", *settings.origins)
    own = Program(CONSOLE, "ok", "made this page", settings.version, here, time.time(), BEGAN)
    seconds = HASTY if view.feed.health.trouble else PATIENT
    queues, way = acting.ways.queues, Way(WATCHDOG, settings.watchdog, seconds)
    questions = [_one(queues.watchdog, way, lambda: acting.watchdog.about())]
    if settings.server is not None:
        way = Way(SERVER, settings.server, PATIENT)
        questions.append(_one(queues.server, way, lambda: acting.work.about()))
    found = await asyncio.gather(*questions)
    abouts = [about for _, about in found]
    return Asked((*(one for one, _ in found), own), *abouts)


@dataclass(frozen=True, slots=True)
class Way:
    """Who is asked, where, and for how many seconds at most."""

    name: str
    where: HostPort
    seconds: float


async def _one(
    queue: Queue, way: Way, about: Callable[[], Mapping[str, Any]]
) -> tuple[Program, Mapping[str, Any]]:
    """How it is, which everybody may ask, and then who it is."""
    at = time.time()
    try:
        health = await queue.ask(lambda: health_of(way.where, way.seconds))
    except VrooliError as error:
        return silent(way.name, error.what, f"http://{way.where}", at), {}
    try:
        told = dict(await queue.ask(about))
    except VrooliError:  # an older one, or one whose database is away
        told = {}
    known = {"listens": [f"http://{way.where}"], **told}
    return answered(way.name, health.body, known, health.seconds, at), told
