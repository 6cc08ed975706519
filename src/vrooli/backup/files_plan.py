"""What a restore of files would find in its way. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from vrooli.core.errors import Refused
from vrooli.core.sizes import rough_size


@dataclass(frozen=True, slots=True)
class Root:
    """A path that would be put back.

    Attributes:
        there: whether something is there now, which would be moved aside.
        obstacle: why it could not be put there; empty when it could.
    """

    path: str
    there: bool
    obstacle: str


@dataclass(frozen=True, slots=True)
class FilesPlan:
    """All of it.

    Attributes:
        folder: where they are unpacked first.
        need, free: bytes there.
        users: who has some of what is there open, for people; empty for nobody.
        lacks: what is not in the point though it was asked for; the first of it.
    """

    roots: tuple[Root, ...]
    folder: str
    need: int
    free: int
    users: str = ""
    lacks: tuple[str, ...] = ()

    def refused(self) -> Refused | None:
        """Why it cannot be done now; None when it can."""
        return in_the_way(self.roots) or no_room(self.folder, self.need, self.free)

    def lines(self) -> list[str]:
        """What would be done, and what is otherwise afterwards, a line each."""
        there = [one.path for one in self.roots if one.there]
        rest = [one.path for one in self.roots if not one.there]
        lines = [f"{path} is put back; what is there is moved aside, beside it" for path in there]
        lines += [f"{path} is put back; nothing is there now" for path in rest]
        lines = [*lines[:_SHOWN], *([f"and {len(lines) - _SHOWN} more"] if lines[_SHOWN:] else [])]
        lines += [f"not in it, though asked for: {line}" for line in self.lacks]
        if self.users:
            lines.append(
                f"{self.users} has files open there: whoever has goes on with what is moved aside, "
                "until it is restarted"
            )
        return lines


_SHOWN = 10
"""Paths that are named; globs may have found thousands."""


def in_the_way(roots: Iterable[Root]) -> Refused | None:
    """Why one of them cannot be put back; None when all can."""
    for one in roots:
        if one.obstacle:
            return Refused(
                f"nothing can be put there: {one.obstacle}",
                where=one.path,
                next_step="mend that, or unpack them elsewhere (`vrooli restore --into FOLDER`)",
            )
    return None


def no_room(folder: str, need: int, free: int) -> Refused | None:
    """Why they cannot be unpacked there; None when they can."""
    if free >= need:
        return None
    return Refused(
        f"{rough_size(need)} are needed, {rough_size(free)} are free",
        where=folder,
        next_step="make room there, then again; nothing was changed",
    )
