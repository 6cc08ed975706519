"""Which parts of which restore points are gone back to."""

import math
from collections.abc import Collection, Sequence

from vrooli.backup.choosing import chosen, rank
from vrooli.backup.point import ARCHIVES, Part, Point
from vrooli.backup.sources.system import NAME as SYSTEM
from vrooli.backup.store import Store, Told
from vrooli.core.home import Home
from vrooli.stack.compiled import read_compiled
from vrooli.stack.pace import untold

Found = list[tuple[Point, Part]]


def parts(
    store: Store,
    declared: Collection[str],
    wanted: str,
    only: Sequence[str],
    told: Told = untold,
) -> Found:
    """Those of a point; of `latest` for each of `declared` the newest one whose proof did not fail.
    `told` hears of those that cannot be read.

    Raises:
        UsageError: there is no such point, or none has what `only` names.
    """
    latest = wanted == "latest"
    found = newest(store, declared, told=told) if latest else _of(store.point(wanted))
    if not found:  # none is good, or there is none at all
        found = _of(store.newest_good(told=told))
    named = {part.service: (point, part) for point, part in found}
    forms = {part.service: part.source for _, part in found}
    return list(chosen(named, forms, only).values())


def _of(point: Point) -> Found:
    return sorted(((point, part) for part in point.parts), key=lambda one: rank(one[1].source))


def newest(
    store: Store, declared: Collection[str], before: float = math.inf, told: Told = untold
) -> Found:
    """Of `declared`, or of all without it, the newest one taken `before` that time whose proof did
    not fail. A point that cannot be read is none, and told.
    """
    found: dict[str, tuple[Point, Part]] = {}
    for point in store.good(told):
        if point.taken > before:
            continue
        for part in point.parts:
            if part.source in ARCHIVES:  # no server starts on them
                continue
            found.setdefault(part.service, (point, part))
    kept = [one for one in found.values() if not declared or one[1].service in declared]
    return sorted(kept, key=lambda one: rank(one[1].source))


def declared_in(home: Home) -> set[str]:
    """What could be backed up, by the stack that was brought up last; nothing when none was."""
    if not home.stack_json.exists():
        return set()
    stack = read_compiled(home.stack_json)
    return {*stack.services, *stack.backup.files, SYSTEM}
