"""A document of a swarm in a text area. Whoever was slower than somebody else loses nothing: what
was typed stays, and what stands there by now is shown beside it.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from vrooli.client.swarm_texts import difference, is_large, written
from vrooli.client.swarms import BadSwarm
from vrooli.console.page import View
from vrooli.console.parts.forms import Fields, Form, button, field, standing
from vrooli.console.parts.html import Tag, notify
from vrooli.console.parts.swarm_meant import meant_now, show_meant
from vrooli.console.run_feed import RunFeed
from vrooli.core.errors import Refused, VrooliError

LONGEST = 262_144
"""Characters that are typed at once."""

MOST_OF_KEY = 63
KEY = f"[a-z][a-z0-9_]{{0,{MOST_OF_KEY - 1}}}"
"""What something on the blackboard can be called, as a regular expression."""

_SIGNS = {"+": "added", "-": "removed", "@": "soft"}


def show_difference(older: Any, newer: Any, name: str) -> None:
    """What differs, line by line."""
    lines = difference(older, newer)
    if lines:
        show_lines(lines, name)
    else:
        Tag("p", "They are the same.", "soft")


def show_lines(lines: list[str], name: str) -> None:
    """Of a diff."""
    with Tag("pre", "", "diff", tabindex="0", aria_label=name):
        for line in lines:
            Tag("span", f"{line}\n", _SIGNS.get(line[0], ""))


class Editor:
    """One document.

    Args:
        view: of the page.
        feed: of the swarm.
        name: of the document.
    """

    def __init__(self, view: View, feed: RunFeed, name: str) -> None:
        self._view, self._feed, self._name = view, feed, name
        self._place = Tag("div")
        self._seen = 0
        self._before: Any = None
        self._warned: Any = None

    async def open(self) -> None:
        """With its newest version; what is typed already stays."""
        if self._place.default_slot.children:
            return
        try:
            newest = await self._newest()
        except VrooliError as error:
            notify(f"{self._name}: {error}", type="negative")
            return
        text = written(newest["value"])
        self._place.clear()
        with self._place:
            if is_large(newest["value"]) or len(text) > LONGEST:
                Tag("p", "It is too large to be changed here.", "soft")
            else:
                self._before = newest["value"]
                self._show(text, newest["version"])

    def _show(self, text: str, version: int) -> None:
        self._seen, self._warned = version, None
        with Form(self._send, "writes", LONGEST):
            area(f"{self._name}, version {version}, as JSON", "text", text, _rows(text))
            self._wrong = Wrong()
            self._warning, self._beside = Tag("div"), Tag("div")
            with Tag("div", "", "row"):
                Tag("button", "Write it", "main", type="submit")
                button("Leave it", self._leave)

    async def _leave(self) -> None:
        self._place.clear()

    async def _send(self, said: Fields) -> bool:
        self._wrong.clear()
        self._warning.clear()
        try:
            value = json.loads(said.get("text", ""))
        except ValueError as error:
            self._wrong.say(f"is not JSON: {error}")
            return False
        if await self._warns(value):
            return False
        write = self._view.acting.swarms.write
        done = partial(write, self._feed.run, self._name, value, self._seen)
        return await self._try(done, value)

    async def _cannot_be(self, value: Any) -> bool:
        """Whether the server finds mistakes in it, which are told before what it would do. It is
        asked to put it in the place of a version that is over, which writes nothing.
        """
        if not self._seen:
            return False
        write = self._view.acting.swarms.write
        try:
            await self._view.acting.ask(partial(write, self._feed.run, self._name, value, 0))
        except BadSwarm as error:
            self._wrong.tell(error)
            return True
        except VrooliError:
            pass  # not of the text; what else stands against it is told when it is written
        return False

    async def _warns(self, value: Any) -> bool:
        """Whether it does more than replace a text, which is told first; written again just so, it
        is meant. What cannot be is told instead.
        """
        found = meant_now(self._feed, self._name, self._before, value)
        if not found.lines or self._warned == (value, found):
            return False
        if await self._cannot_be(value):
            return True
        self._warned = value, found
        with self._warning, Tag("div", "", "banner warning", role="alert"):
            Tag("p", f"What you typed takes the place of the whole {self._name}.")
            show_meant(found)
            Tag("p", "Write it again if you mean that.")
        return True

    async def _try(self, done: Callable[[], Mapping[str, Any]], value: Any) -> bool:
        try:
            new = await self._view.acting.ask(done)
        except Refused as error:
            if not await self._was_slower(value):
                self._wrong.tell(error)
            return False
        except VrooliError as error:
            self._wrong.tell(error)
            return False
        finally:
            self._feed.look()
        self._place.clear()
        with self._place:
            notify(f"{self._name} has version {new['version']}", type="positive")
        return True

    async def _was_slower(self, value: Any) -> bool:
        """Whether there is a newer version, which is shown then; the next try replaces that."""
        try:
            newest = await self._newest()
        except VrooliError:
            return False
        if newest["version"] == self._seen:
            return False
        self._seen, self._before = newest["version"], newest["value"]
        self._beside.clear()
        with self._beside, Tag("div", "", "banner warning", role="alert"):
            by = newest["by"] or "nobody"
            Tag("strong", f"Somebody was faster: version {self._seen} is by {by}. ")
            Tag("span", f"What you typed stays; written again, it takes the place of {self._seen}.")
        with self._beside:
            Tag("pre", written(newest["value"]), tabindex="0", aria_label="The newer version")
            with Tag("details"):
                Tag("summary", "What yours changes in it")
                show_difference(newest["value"], value, "What yours changes in it")
        return True

    async def _newest(self) -> dict[str, Any]:
        swarms, run, name = self._view.acting.swarms, self._feed.run, self._name
        found = await self._view.acting.ask(
            lambda: swarms.swarm_versions(run, name=name, limit=1)["versions"]
        )
        return found[0] if found else {"version": 0, "value": None, "by": ""}


class New:
    """A form for something that does not stand on the blackboard yet.

    Args:
        view: of the page.
        feed: of the swarm.
    """

    def __init__(self, view: View, feed: RunFeed) -> None:
        self._view, self._feed = view, feed
        self._around = Tag("details", "", "panel")
        self._show()

    def _show(self) -> None:
        self._around.clear()
        with self._around:
            Tag("summary", "Write something new on the blackboard")
            with Form(self._send, "writes", LONGEST):
                field("key", "Key: small letters, digits, _", maxlength=MOST_OF_KEY, required=True)
                self._wrong_key = Wrong()
                area("What it is to be, as JSON", "value", "", 4)
                self._wrong = Wrong()
                Tag("button", "Write it", "main", type="submit")

    async def _send(self, said: Fields) -> bool:
        self._wrong.clear()
        self._wrong_key.clear()
        key = said.get("key", "").strip()
        if problem := wrong_key(key, self._board()):
            self._wrong_key.say(problem)
            return False
        try:
            value = json.loads(said.get("value", ""))
        except ValueError as error:
            self._wrong.say(f"is not JSON: {error}")
            return False
        swarms, run, name = self._view.acting.swarms, self._feed.run, f"board.{key}"
        try:
            await self._view.acting.ask(lambda: swarms.write(run, name, value, 0))
        except Refused as error:
            # It is there by now, or the swarm has ended.
            there = await self._versions(name)
            self._wrong_key.say(stands(key, there)) if there else self._wrong.tell(error)
            return False
        except VrooliError as error:
            self._wrong.tell(error)
            return False
        self._feed.look()
        self._show()
        with self._around:
            notify(f"{name} is written", type="positive")
        return True

    def _board(self) -> Mapping[str, Any]:
        seen = self._feed.answer
        return seen.swarm["board"] if seen and seen.swarm else {}

    async def _versions(self, name: str) -> int:
        """Which one of that is the newest; 0 where there is none, or nobody says."""
        swarms, run = self._view.acting.swarms, self._feed.run
        try:
            found = await self._view.acting.ask(
                lambda: swarms.swarm_versions(run, name=name, limit=1)["versions"]
            )
        except VrooliError:
            return 0  # what was refused before is told
        return int(found[0]["version"]) if found else 0


def wrong_key(key: str, board: Mapping[str, Any]) -> str:
    """Why nothing new can stand there; empty where it can. Pure."""
    if not re.fullmatch(KEY, key):
        return (
            "A key begins with a small letter; after it come small letters, digits and _, "
            f"{MOST_OF_KEY} characters in all."
        )
    return stands(key, board[key]["version"]) if key in board else ""


def stands(key: str, version: int) -> str:
    """That something does already. Pure."""
    return f"{key} stands on the blackboard already, in version {version}: change it above."


class Wrong:
    """What is wrong with what was typed: one line for each place."""

    def __init__(self) -> None:
        self._around = Tag("ul", "", "field-error", role="alert")

    def clear(self) -> None:
        """Nothing is."""
        self._around.clear()

    def say(self, *lines: str) -> None:
        """These are."""
        self.clear()
        with self._around:
            for line in lines:
                Tag("li", line)

    def tell(self, error: VrooliError) -> None:
        """What the server says is."""
        if isinstance(error, BadSwarm):
            self.say(*(f"{one['field']}: {one['problem']}" for one in error.mistakes))
        else:
            self.say(f"{error.what}. {error.next_step}".strip())


def _rows(text: str) -> int:
    return min(24, max(6, text.count("\n") + 3))


def area(label: str, name: str, text: str, rows: int) -> None:
    """Several lines to type in, below their label; `text` stands there at first."""
    with Tag("div", "", "field") as around:
        own = f"f{around.id}"
        about = {"maxlength": LONGEST, "spellcheck": "false", **standing(text)}
        Tag("label", label, for_=own)
        Tag("textarea", "", id=own, name_=name, rows=rows, **about)
