"""What a restore tells, line by line, and how it ended."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from vrooli.console.parts.doing import Doing
from vrooli.console.parts.html import Tag
from vrooli.console.parts.steering import added
from vrooli.console.parts.threads import lines_of


class Lines:
    """Shows them in a place of the page."""

    def __init__(self, doing: Doing) -> None:
        self._doing = doing
        self._shown: list[str] = []
        self._next = ""

    async def follow(self, begin: Callable[[], Iterator[dict[str, Any]]]) -> Mapping[str, Any]:
        """All that `begin` gives, to the last line, which is returned."""
        ended: Mapping[str, Any] = {}
        before: Mapping[str, Any] = {}
        async for told in lines_of(begin):
            added(self._shown, told, before)
            before = told
            if told.get("done"):
                ended = told
            self._show("", "")
        if ended.get("note"):
            self._shown.append(str(ended["note"]))
        problem = ended.get("error")
        self._next = str(problem.get("next_step") or "") if isinstance(problem, dict) else ""
        return ended

    def add(self, line: str) -> None:
        """One of ours."""
        self._shown.append(line)

    def end(self, verdict: str, level: str) -> None:
        """Below all of them stands how it ended."""
        self._show(verdict, level)

    def _show(self, verdict: str, level: str) -> None:
        self._doing.show(partial(_built, list(self._shown), verdict, level, self._next))


def _built(shown: list[str], verdict: str, level: str, next_step: str) -> None:
    with Tag("ol", "", "lines"):
        for line in shown:
            Tag("li", line)
    if verdict:
        Tag("p", verdict, f"state {level}")
    if verdict and next_step:
        Tag("p", f"Next: {next_step}", "next")
