"""Who is asked, and who may hand that on to whom. Pure.

A question is asked of the owner of its run. Whoever it is handed on to stands in a line behind the
owner, each asked by the one before, and the last is asked now. All of them may decide, as may
admins, who act in the owner's place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from vrooli.core.errors import Refused

MOST = 10
"""How often a question is handed on. Taking back is no handing on: it never is refused for that."""

ME = "me"
"""Whoever says so; no address is that word."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom a question is asked.

    Attributes:
        owner: of the run.
        line: those that it was handed on to, in their order.
        handed: how often it was.
    """

    owner: str
    line: Sequence[str] = ()
    handed: int = 0

    @property
    def of(self) -> str:
        """Who is asked now."""
        return self.line[-1] if self.line else self.owner


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of it.

    Attributes:
        line: who stands in it from now on.
        to: who is asked.
        back: it goes back to one who was asked before.
    """

    line: tuple[str, ...]
    to: str
    back: bool


def hand_on(asked: Asked, by: str, to: str, *, everything: bool) -> Move | None:
    """From `by` to `to`, or back to `by` where that is `ME`. Who stands behind `by` is asked no
    more. None where `by` has no say in it.

    Args:
        asked: how it stands.
        by: who says so.
        to: who may approve; a name of the line, the owner, or another.
        everything: `by` may decide everything.

    Raises:
        Refused: it changes nothing, or was done too often.
    """
    if by in asked.line:
        kept = tuple(asked.line[: asked.line.index(by) + 1])
    elif by == asked.owner or everything:
        kept = ()
    else:
        return None
    line = kept if to in (ME, by) else _with(asked.owner, kept, to)
    back = line == tuple(asked.line[: len(line)])
    if line == tuple(asked.line):
        raise _same(asked, by)
    if not back and asked.handed >= MOST:
        raise Refused(
            f"it was handed on {MOST} times",
            where=asked.of,
            next_step="decide it, or take it back (`--to me`) and decide it",
        )
    return Move(line, line[-1] if line else asked.owner, back)


def _with(owner: str, kept: tuple[str, ...], to: str) -> tuple[str, ...]:
    if to == owner:
        return ()
    return kept[: kept.index(to) + 1] if to in kept else (*kept, to)


def _same(asked: Asked, by: str) -> Refused:
    whom = "you" if asked.of == by else asked.of
    advice = "decide it, or hand it on to somebody else"
    return Refused(f"it is asked of {whom} already", where=asked.of, next_step=advice)
