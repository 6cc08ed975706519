"""What of a run is done anew when it is retried or forked from a step. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from vrooli.console.parts.run_seen import Step


@dataclass(frozen=True, slots=True)
class Anew:
    """What becomes of the steps.

    Attributes:
        kept: paths whose outcome counts as it is.
        again: paths that are done anew.
    """

    kept: tuple[str, ...]
    again: tuple[str, ...]


def places(steps: Sequence[Step]) -> list[str]:
    """Where one may go on: each path once, in the order in which it first began."""
    return list(dict.fromkeys(step.path for step in _counting(steps)))


def anew(steps: Sequence[Step], path: str) -> Anew:
    """What the journal has before a path is kept, and all after it is done anew."""
    found = places(steps)
    first = next((n for n, one in enumerate(found) if _within(one, path)), len(found))
    return Anew(tuple(found[:first]), tuple(found[first:]))


def retried(steps: Sequence[Step], path: str) -> Anew:
    """What a retry does anew: what failed or was cut off, and all from `path` on, unless that is
    empty.
    """
    last = {step.path: step.status for step in _counting(steps)}
    later = anew(steps, path).again if path else ()
    again = tuple(one for one, status in last.items() if status != "completed" or one in later)
    return Anew(tuple(one for one in last if one not in again), again)


def _counting(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if not step.is_note and not step.given_up]


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))
