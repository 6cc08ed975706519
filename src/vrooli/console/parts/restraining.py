"""Hold a service back, and let it go again: who did it, why, and until when."""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from vrooli.console.page import View
from vrooli.console.parts.doing import Doing
from vrooli.console.parts.forms import Form, barred, button, why_not
from vrooli.console.parts.held_back import (
    LENGTHS,
    MAINTENANCE,
    QUARANTINE,
    Held,
    held_back,
    seconds_of,
)
from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.live import Live
from vrooli.core.errors import VrooliError

AGE = 5.0
"""Seconds for which an answer will do."""

SETTLE = 0.2

_NAMES = {
    MAINTENANCE: "Maintenance: nothing is healed and nobody is paged",
    QUARANTINE: "Held: only a person may touch it",
    "silence": "Silenced: nobody is told",
}


class Restraining:
    """What is held back, and the forms to do so.

    Args:
        subjects: the service or check, by its name first.
        is_service: only services have maintenance and quarantine.
    """

    def __init__(self, view: View, subjects: tuple[str, ...], *, is_service: bool) -> None:
        self._view, self._subjects, self._is_service = view, subjects, is_service
        self._held: list[Held] = []

    async def show(self) -> None:
        """What holds it back now, and below that the forms."""
        await self._read(0.0)
        with Tag("section", "", "panel"):
            Tag("h2", "Hold back", "first")
            self._live = Live(lambda: list(self._held), self._list, "div", "held")
            self._doing = Doing(self._view)
            with Tag("details", "", "more"):
                Tag("summary", "Pause, hold or silence it")
                if self._is_service:
                    self._maintenance()
                    self._quarantine()
                self._silence()
        self._view.feed.happened.subscribe(self._hear)

    def _list(self, held: list[Held]) -> None:
        if not held:
            Tag(
                "p", "Nothing is held back: it is watched, and healed where that is needed.", "soft"
            )
        for one in held:
            with Tag("div", "", "banner warning"):
                Tag("strong", f"{_NAMES[one.kind]}. ")
                scope = f" It covers {one.scope}." if one.scope else ""
                why = f": {one.why}" if one.why else ""
                Tag("span", f"By {one.by or 'somebody'}{why}.{scope}")
                if one.until:
                    Tag("span", " Until ")
                    moment(one.until)
                    Tag("span", " (")
                    moment(one.until, since=True)
                    Tag("span", ")")
                Tag("span", " ")
                if one.declared:
                    Tag("span", f"It is declared in vrooli.toml as {one.declared}.")
                button("End it", partial(self._end, one), why_not=why_not(self._view))

    def _maintenance(self) -> None:
        async def begin(said: Mapping[str, str]) -> None:
            body = {
                "subjects": [self._subjects[0]],
                "seconds": seconds_of(said),
                "why": said.get("why", ""),
            }
            await self._change(partial(self._view.acting.watchdog.begin_maintenance, body))

        self._form("Begin maintenance", begin, lengths=True)

    def _quarantine(self) -> None:
        async def hold(said: Mapping[str, str]) -> None:
            watchdog, service = self._view.acting.watchdog, self._subjects[0]
            await self._change(partial(watchdog.hold, service, said.get("why", "")))

        self._form("Hold it until it is released", hold, lengths=False)

    def _silence(self) -> None:
        async def silence(said: Mapping[str, str]) -> None:
            watchdog, subject = self._view.acting.watchdog, self._subjects[0]
            why = said.get("why", "")
            await self._change(partial(watchdog.silence, subject, seconds_of(said), why))

        self._form("Tell nobody about it", silence, lengths=True)

    def _form(self, text: str, send: Callable[..., Any], *, lengths: bool) -> None:
        form = Form(send, "row restraint")
        if lengths:
            form.choice("seconds", "For", LENGTHS)
        form.field("why", "Reason")
        with form:
            Tag("button", text, type="submit", **barred(self._view))

    async def _end(self, one: Held) -> None:
        watchdog = self._view.acting.watchdog
        ends: dict[str, Callable[[str], object]] = {
            MAINTENANCE: watchdog.end_maintenance,
            QUARANTINE: watchdog.release,
        }
        await self._change(partial(ends.get(one.kind, watchdog.unsilence), one.id))

    async def _change(self, change: Callable[[], object]) -> None:
        async def work() -> None:
            await self._view.acting.ask(change)
            self._doing.say("Done.", "soft")
            await self._again(time.time())

        await self._doing.trying(work)

    async def _hear(self, event: dict[str, Any]) -> None:
        if event.get("kind") == "event":
            at = time.time()
            await asyncio.sleep(SETTLE)
            await self._again(at)

    async def _again(self, newer_than: float) -> None:
        try:
            await self._read(newer_than)
        except VrooliError:  # the frame says why nothing is new
            return
        self._live.look()

    async def _read(self, newer_than: float) -> None:
        told = await self._view.feed.answers.get(
            "held back", self._ask, seconds=AGE, newer_than=newer_than
        )
        self._held = held_back(self._subjects, *told)

    async def _ask(self) -> tuple[Any, Any, Any]:
        watchdog, ask = self._view.acting.watchdog, self._view.acting.ask
        windows, quarantine, told = await asyncio.gather(
            ask(watchdog.maintenance),
            ask(watchdog.quarantine),
            ask(lambda: watchdog.notifications(1)),
        )
        return windows, quarantine, told["silences"]
