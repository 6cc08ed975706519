"""Parts that hold what changed since another one: which they build on, down to a whole one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from vrooli.backup.packs import damaged
from vrooli.backup.point import Part, Point
from vrooli.backup.store import Store
from vrooli.core.errors import VrooliError

BASE = "base"
"""In the facts of a part: id of the point that holds what it builds on."""

WHY_WHOLE = "whole_because"
"""In the facts of a part: why it is whole, where what changed was asked for."""

LONGEST = 28
"""Parts of a chain, a week of one every six hours: each has to be there, and is fetched, to have
the last one back.
"""


@dataclass(frozen=True, slots=True)
class Base:
    """What a part can build on: a point, and its part; none, and why, where a whole one is due."""

    point: str = ""
    part: Part | None = None
    why: str = ""


def chain_of(part: Part, store: Store) -> list[Part]:
    """What has to be fetched to have `part` back, the whole one first.

    Raises:
        Damaged: something of it is missing, or they build on each other in a circle.
        StorageError, Unreachable: the store does not tell.
    """
    chain = [part]
    while base := chain[0].facts.get(BASE):
        found = _point(str(base), store).part_of(part.service)
        if found is None or found.source != part.source:
            raise damaged(f"{store.where}: {base}", f"it has nothing of {part.service} any more")
        if len(chain) >= 2 * LONGEST:
            raise damaged(f"{store.where}: {base}", "the points build on each other without end")
        chain.insert(0, found)
    return chain


def built_on(part: Part, points: Mapping[str, Point]) -> list[str]:
    """Ids of what `part` builds on, the nearest first, as far as it is among `points`. Pure."""
    found: list[str] = []
    one: Part | None = part
    while one is not None and (base := one.facts.get(BASE)) and base not in found:
        found.append(str(base))
        one = points[base].part_of(part.service) if base in points else None
    return found


def failing(points: Sequence[Point], why: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Ids of the points that build on what failed, with the first reason. Pure.

    Args:
        points: all of them.
        why: by point and service, or by point and nothing for all of it, what failed.
    """
    found, known = dict[str, str](), {point.id: point for point in points}
    for point in points:
        for part in point.parts:
            for base in built_on(part, known):
                if reason := why.get((base, part.service)) or why.get((base, "")):
                    found.setdefault(point.id, f"it builds on {base}: {reason}")
    return found


def room_of(part: Part, store: Store) -> int:
    """Bytes that it takes to have `part` back: all of its chain, and what comes out of it."""
    chain = chain_of(part, store)
    whole = 2 * chain[0].plain if len(chain) > 1 else part.plain
    return whole + 2 * sum(one.plain for one in chain[1:])


def base_for(service: str, source: str, now: Mapping[str, Any], store: Store) -> Base:
    """What the next part of `service` builds on: the newest point that has one of the same source,
    whose proof did not fail, nor that of any that it builds on itself.

    Args:
        service: whose data.
        source: what it has to be.
        now: what the source says of itself.
        store: where the points are.
    """
    why, failed = "there is no point yet that it could build on", cache(partial(_failed, store))
    for id in reversed(store.ids()):
        try:
            part = store.point(id).part_of(service)
            if part is None or part.source != source:
                continue
            chain = [] if failed(id) else chain_of(part, store)
            ids = [id, *(str(one.facts[BASE]) for one in reversed(chain[1:]))]
            bad = next((one for one in ids if failed(one)), "")
        except VrooliError as error:
            return Base(why=f"{id} cannot be built on: {error.what}")
        if not bad:
            return _fitting(id, part, len(chain), now)
        why = f"the proof of {bad} failed"
    return Base(why=why)


def _failed(store: Store, id: str) -> bool:
    proof = store.proof(id)
    return proof is not None and proof.outcome == "failed"


def _fitting(id: str, part: Part, length: int, now: Mapping[str, Any]) -> Base:
    was = part.facts.get("after") or {}
    for key in ("system", "timeline"):
        if was.get(key) != now.get(key):
            return Base(why=f"{id} is of another {_CALLED[key]}")
    if length >= LONGEST:
        return Base(why=f"{id} builds on {length - 1} others already")
    return Base(id, part)


_CALLED = {"system": "cluster", "timeline": "timeline"}


def _point(id: str, store: Store) -> Point:
    if id not in store.ids():
        raise damaged(f"{store.where}: {id}", "it is missing, and a later point builds on it")
    return store.point(id)
