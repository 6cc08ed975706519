"""A form that sends a run the signal for which a step of it waits."""

import json
from typing import Any

from vrooli.client.work import NotTaken
from vrooli.console.page import View
from vrooli.console.parts.forms import Fields, Form, barred, choice
from vrooli.console.parts.html import Tag, notify
from vrooli.console.run_feed import RunFeed, RunSeen
from vrooli.core.errors import VrooliError

LONGEST = 65_536
"""Characters of what a signal carries."""


def awaited(seen: RunSeen) -> tuple[str, ...]:
    """For which signals its steps wait now. Pure."""
    names = (step.signal for step in seen.steps.shown if step.signal and not step.given_up)
    return tuple(dict.fromkeys(names)) if not seen.ended else ()


def data_of(text: str) -> Any:
    """What was typed in, as a signal carries it: nothing is null. Pure.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(text) if text.strip() else None


class SignalForm:
    """The form.

    Args:
        view: of the page.
        feed: of the run.
    """

    def __init__(self, view: View, feed: RunFeed) -> None:
        self._view, self._feed = view, feed

    def show(self, seen: RunSeen) -> None:
        """A form, where something is waited for."""
        names = awaited(seen)
        if not names:
            return
        with Tag("div", "", "panel"):
            Tag("h2", "It waits for a signal")
            with Form(self._send, "signal", LONGEST):
                choice("name", "Signal", names)
                self._name = Tag("p", "", "field-error", role="alert")
                with Tag("div", "", "field") as around:
                    own = f"f{around.id}"
                    Tag("label", "What it carries, as JSON (may be empty)", for_=own)
                    Tag("textarea", "", id=own, name_="data", rows=3, maxlength=LONGEST)
                self._data = Tag("p", "", "field-error", role="alert")
                Tag("button", "Send it", "main", type="submit", **barred(self._view))

    async def _send(self, said: Fields) -> None:
        self._name.text = self._data.text = ""
        work, run, name = self._view.acting.work, self._feed.run, said.get("name", "")
        try:
            data = data_of(said.get("data", ""))
        except ValueError as error:
            self._data.text = f"is not JSON: {error}"
            return
        try:
            await self._view.acting.ask(lambda: work.signal(run, name, data))
        except VrooliError as error:
            at_name = isinstance(error, NotTaken) and error.code == "not_awaited"
            next_step = f" Next: {error.next_step}" if error.next_step else ""
            (self._name if at_name else self._data).text = f"{error.what}.{next_step}"
        else:
            notify(f"The signal {name} is sent", type="positive")
        self._feed.look()
