"""Who runs here, and what they keep, as the settings show it."""

from collections.abc import Sequence

from vrooli.console.page import View
from vrooli.console.parts.asked_programs import Asked, ask_programs
from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.kept import (
    Kept,
    Size,
    kept_of,
    sizes_of_server,
    sizes_of_watchdog,
)
from vrooli.console.parts.live import Live
from vrooli.console.parts.programs import Program, agreeing, differing
from vrooli.console.parts.timers import every

AGAIN = 10.0
"""Seconds after which they are asked anew while somebody looks."""


class Programs:
    """The sections about them, which follow what they say."""

    def __init__(self, view: View, asked: Asked) -> None:
        self._view, self._asked = view, asked
        self._lives: list[Live[Asked]] = []
        every(AGAIN, self._again)

    def show_programs(self) -> None:
        """Versions, health, addresses."""
        self._lives.append(Live(lambda: self._asked, _programs, "section", "panel programs"))

    def show_kept(self) -> None:
        """How long things are kept, and how large they are."""
        self._lives.append(Live(lambda: self._asked, _kept, "section", "panel kept"))

    async def _again(self) -> None:
        self._asked = await ask_programs(self._view)
        for live in self._lives:
            live.look()


def _programs(asked: Asked) -> None:
    Tag("h2", "Versions and health")
    if differ := differing(asked.programs):
        Tag("p", differ, "banner warning", role="status")
    elif version := agreeing(asked.programs):
        Tag("p", f"All that answer are of version {version}.")
    with Tag("div", "", "scroll", role="region", tabindex="0", aria_label="Programs"), Tag("table"):
        head("Program", "Version", "Health", "Asked", "Runs since", "Listens at")
        with Tag("tbody"):
            for one in asked.programs:
                _program(one)


def _program(one: Program) -> None:
    with Tag("tr"):
        Tag("th", one.name, scope="row")
        Tag("td", one.version or "not known")
        with Tag("td"):
            Tag("span", one.state, f"state {one.state}")
            Tag("span", f" {one.says}")
        with Tag("td", "", "when"):
            moment(one.at, since=True)
        with Tag("td", "", "when"):
            if one.since is None:
                Tag("span", "not known", "soft")
            else:
                moment(one.since)
        with Tag("td"):
            for address in one.listens:
                Tag("div", address, "address")


def _kept(asked: Asked) -> None:
    Tag("h2", "What is kept, and how much there is")
    _of("The watchdog, on this machine", kept_of(asked.watchdog), sizes_of_watchdog(asked.watchdog))
    if len(asked.programs) > 2:
        _of("The server, in PostgreSQL", kept_of(asked.server), sizes_of_server(asked.server))


def _of(title: str, kept: Sequence[Kept], sizes: Sequence[Size]) -> None:
    Tag("h3", title)
    if not kept and not sizes:
        Tag("p", "Nobody can tell now: it does not answer, or is of an older version.", "empty")
        return
    with Tag("dl", "", "facts"):
        for size in sizes:
            Tag("dt", f"size of the {size.what}")
            Tag("dd", f"{size.bytes}, {size.rows}" if size.rows else size.bytes)
    with Tag("details", "", "config"):
        Tag("summary", "How long each stays")
        with Tag("dl", "", "facts"):
            for one in kept:
                Tag("dt", one.what)
                with Tag("dd"):
                    Tag("span", one.long)
                    if one.oldest is not None:
                        Tag("span", ", the oldest of ", "soft")
                        moment(one.oldest)


def head(*words: str) -> None:
    """The first row of a table."""
    with Tag("thead"), Tag("tr"):
        for word in words:
            Tag("th", word, scope="col")
