"""Services as cards: each is built anew by itself when it changes."""

from collections.abc import Callable, Mapping

from vrooli.console.parts.bars import show_bars
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.live import Live
from vrooli.console.parts.standing import Standing


class Cards:
    """All of them, in the order of their names as they are given.

    Args:
        see: how they stand now, by name.
    """

    def __init__(self, see: Callable[[], Mapping[str, Standing]]) -> None:
        self._see = see
        self._now = see()
        self._each: list[Live[Standing]] = []
        self._all = Live(lambda: tuple(self._now), self._build, "ul", "cards services")

    def look(self) -> None:
        """Compare each, and build anew what is another."""
        self._now = self._see()
        self._all.look()
        for one in self._each:
            one.look()

    def _build(self, names: tuple[str, ...]) -> None:
        self._each = [
            Live(lambda name=name: self._now[name], show_card, "li")  # type: ignore[misc] # mypy knows no default of a lambda
            for name in names
        ]


def show_card(one: Standing) -> None:
    """State, message, uptime."""
    look = "card stale" if one.stale else f"card {one.level}"
    with Tag("article", "", look):
        with Tag("div", "", "head"):
            link(one.name, f"/services/{one.name}")
            Tag("span", one.word, f"state {'unknown' if one.stale else one.level}")
        if one.message and one.level != "ok":
            Tag("p", one.message, "message")
        if one.doing:
            Tag("p", one.doing, "doing")
        show_bars(one.day, "24 h", "hour")
        show_bars(one.month, "30 d", "day")
