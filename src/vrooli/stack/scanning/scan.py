"""The scan from its beginning to its end. Reading only, with short connections to our ports."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from vrooli.core.errors import VrooliError
from vrooli.core.ports.streams import Streams
from vrooli.stack.scanning.guess import guess, reachable
from vrooli.stack.scanning.known import Known, new
from vrooli.stack.scanning.sections import Found, sections
from vrooli.stack.scanning.source import Source, Thing, Tools

AT_ONCE = 16
"""Ports that are asked at the same time."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What came of it.

    Attributes:
        sections: name and text, for what is not in the file yet.
        troubles: what kept a source from looking, a line each.
    """

    sections: list[tuple[str, str]]
    troubles: list[str]


async def scan(
    tools: Tools, known: Known, sources: Sequence[Source], runtimes: Collection[str]
) -> Scanned:
    """Look everywhere.

    Args:
        tools: what sources ask.
        known: what the file has.
        sources: those that know most first.
        runtimes: those that we have; what one of them cannot hold is `external`.
    """
    things: list[Thing] = []
    troubles: list[str] = []
    for source in sources:
        try:
            things += await source.look(tools)
        except (VrooliError, ValueError) as error:
            troubles.append(f"{source.title}: {error}")
    held = [held_by(thing, runtimes) for thing in new(things, known)]
    limit = asyncio.Semaphore(AT_ONCE)
    found = await asyncio.gather(*(_spoken(tools.streams, thing, limit) for thing in held))
    wanted = [one for one in found if one is not None]
    return Scanned(sections(wanted, known.names), troubles)


def held_by(thing: Thing, runtimes: Collection[str]) -> Thing:
    """`thing` as one of our runtimes can hold it."""
    return thing if thing.runtime in runtimes else replace(thing, runtime="external", key="")


async def _spoken(streams: Streams, thing: Thing, limit: asyncio.Semaphore) -> Found | None:
    """With what it speaks at the first port that answers; None for what can neither be held nor
    reached.
    """
    async with limit:
        for listener in thing.listeners:
            address = reachable(listener)
            answer = await guess(streams, address)
            if answer is not None:
                return Found(thing, address, answer)
    return Found(thing) if thing.key else None
