"""The journal of a run, of which is read again only what may have changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vrooli.console.parts.run_seen import Step, step_of

SHOWN = 400
"""Steps that a page shows, the newest."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Those that are shown.

    Attributes:
        shown: in the order of the journal.
        before: how many are not shown, before them.
    """

    shown: tuple[Step, ...] = ()
    before: int = 0


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of the journal.

    Attributes:
        steps: on it; none where they are too many pages ago to be shown.
        count: of them.
        settled: whether nothing of it changes any more by itself.
        following: where the next one begins; empty after the last one.
    """

    steps: tuple[Step, ...]
    count: int
    settled: bool
    following: str


class Journal:
    """Of one run.

    Args:
        page: asks for the page after a cursor: `{steps, next_cursor}`.
    """

    def __init__(self, page: Callable[[str], Mapping[str, Any]]) -> None:
        self._page = page
        self._kept: list[_Page] = []

    def forget(self) -> None:
        """What is known counts no more: a retry gives attempts up that had ended."""
        self._kept = []

    def read(self) -> Steps:
        """The newest of it; blocks. Raises what the client raises."""
        pages, cursor = list[_Page](), ""
        for kept in self._kept:
            if not kept.settled:
                break
            pages.append(kept)
            cursor = kept.following
        while True:
            pages.append(_page_of(self._page(cursor)))
            cursor = pages[-1].following
            if not cursor:
                break
        self._kept = pages = _thinned(pages)
        steps = [step for one in pages for step in one.steps][-SHOWN:]
        return Steps(tuple(steps), sum(one.count for one in pages) - len(steps))


def _page_of(answer: Mapping[str, Any]) -> _Page:
    steps = tuple(step_of(one) for one in answer["steps"])
    following = str(answer.get("next_cursor") or "")
    settled = bool(following) and all(step.status != "begun" for step in steps)
    return _Page(steps, len(steps), settled, following)


def _thinned(pages: list[_Page]) -> list[_Page]:
    """Without the steps that are too many to be shown."""
    left, found = SHOWN, list[_Page]()
    for one in reversed(pages):
        steps = one.steps if left > 0 else ()
        found.append(_Page(steps, one.count, one.settled, one.following))
        left -= one.count
    return found[::-1]
