"""What changed of a service since a point: what has to be known for it, and why it is not taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vrooli.backup.chains import BASE, WHY_WHOLE, Base, base_for
from vrooli.backup.keys import Keys
from vrooli.backup.store import Store
from vrooli.backup.tails import last_file
from vrooli.core.errors import VrooliError
from vrooli.core.ports.outputs import OutputProgram
from vrooli.stack.backing import Backing


@dataclass(frozen=True, slots=True)
class Increment:
    """How it is taken.

    Attributes:
        program: writes it; None where a whole one is due.
        facts: belong into those of the part.
    """

    program: OutputProgram | None
    facts: Mapping[str, Any] = field(default_factory=dict)


def whole(why: str) -> Increment:
    """None, and why."""
    return Increment(None, {WHY_WHOLE: why})


def increment_of(
    service: str,
    backing: Backing,
    now: Mapping[str, Any],
    store: Store,
    keys: Keys,
    work: str,
) -> Increment:
    """What to run for it.

    Args:
        service: whose data.
        backing: how it is backed up; it is `known_by` something.
        now: what that says of itself.
        store: where the points are.
        keys: what opens them.
        work: folder that what it needs is put into.
    """
    known = Path(work) / backing.known_by
    program = backing.increment(known)
    if program is None:
        return whole(f"version {now.get('version', '')} cannot tell what changed")
    base = base_for(service, backing.form, now, store)
    if base.part is None:
        return whole(base.why)
    return _on(base, program, known, store, keys)


def _on(base: Base, program: OutputProgram, known: Path, store: Store, keys: Keys) -> Increment:
    assert base.part is not None
    try:
        known.write_bytes(last_file(base.part, known.name, store, keys))
    except VrooliError as error:
        return whole(f"{base.point} cannot be built on: {error.what}")
    return Increment(program, {BASE: base.point})
