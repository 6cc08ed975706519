"""Several approvals answered together, and what came of each: those that do not count are named,
with the reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.client.approval_texts import named, past_said
from vrooli.client.work import WorkClient
from vrooli.console.parts.deciding import not_shown
from vrooli.console.parts.html import Tag
from vrooli.core.errors import VrooliError

MOST = 200
"""That are ticked at once, at most."""

Approval = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Came:
    """What came of several answers.

    Attributes:
        done: how many count.
        others: name and reason of each that does not.
    """

    done: int = 0
    others: tuple[tuple[str, str], ...] = ()

    def said(self, approved: bool) -> str:
        """In a sentence."""
        words = f"{self.done} {'approved' if approved else 'rejected'}."
        return f"{words} {len(self.others)} did not count." if self.others else words


class Ticked:
    """Which are chosen. Kept here: one that is answered elsewhere leaves the page with its tick,
    and one of which anything else changed is built anew.
    """

    def __init__(self) -> None:
        self._known = dict[str, Approval]()

    def tick(self, one: Approval, *, on: bool) -> None:
        """Choose that, or not."""
        self._known.pop(one["id"], None)
        if on and len(self._known) < MOST:
            self._known[one["id"]] = one

    def drawn(self, one: Approval) -> dict[str, Any]:
        """The attribute of its box."""
        return {"defaultChecked": True} if one["id"] in self._known else {}

    def taken(
        self, rows: Sequence[Approval], ids: Iterable[object]
    ) -> tuple[list[Approval], list[Approval]]:
        """Those that were chosen on the page, in its order, and those that have left it since."""
        wanted, there = {str(one) for one in ids}, {one["id"] for one in rows}
        gone = [one for id_, one in self._known.items() if id_ not in there]
        return [one for one in rows if one["id"] in wanted], gone

    def clear(self) -> None:
        """None is."""
        self._known.clear()


def decide(
    work: WorkClient, chosen: Sequence[Approval], approved: bool, why: str
) -> tuple[int, list[tuple[str, str]]]:
    """Answer each, about what was shown of it: how many that was, and which do not count and why.
    Blocks.
    """
    done, others = 0, list[tuple[str, str]]()
    for one in chosen:
        if approved and (why_not := not_shown(one)):
            others.append((named(one), why_not))
            continue
        try:
            work.decide(one["id"], approved, one["hash"], why)
            done += 1
        except VrooliError as error:
            others.append((named(one), error.what))
    return done, others


def left(work: WorkClient, gone: Sequence[Approval], me: str) -> list[tuple[str, str]]:
    """Why those that have left the page do not count. Blocks."""
    found = list[tuple[str, str]]()
    for one in gone:
        try:
            why = past_said(work.approval(one["id"]), me) or "it had left the page: choose it again"
        except VrooliError as error:
            why = error.what
        found.append((named(one), why))
    return found


def show_came(came: Came, approved: bool) -> None:
    """What came of it, where something does not count."""
    if not came.others:
        return
    with Tag("div", "", "banner warning", role="alert"):
        Tag("strong", came.said(approved))
        with Tag("ul"):
            for name, why in came.others:
                Tag("li", f"{name}: {why}")
