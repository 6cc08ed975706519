"""The form that starts a run: inputs by their schema, and what the run may spend."""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from vrooli.client.work import NotTaken
from vrooli.console.page import View
from vrooli.console.parts.filling import LONGEST, Filling
from vrooli.console.parts.forms import Fields, Form, barred
from vrooli.console.parts.html import Tag
from vrooli.console.parts.schema_form import NotFilled, fields_of
from vrooli.core.errors import VrooliError

OPTIONS: dict[str, Any] = {
    "properties": {
        "priority": {
            "type": "integer",
            "minimum": -100,
            "maximum": 100,
            "description": "The highest first among your runs, from -100 to 100; 0 where not said",
        },
        "cost": {"type": "number", "minimum": 0, "description": "At most so many US dollars"},
        "tokens": {"type": "integer", "minimum": 0, "description": "At most so many tokens"},
        "steps": {"type": "integer", "minimum": 0, "description": "At most so many steps"},
        "time": {"type": "number", "minimum": 0, "description": "At most so many seconds"},
        "on_limit": {
            "enum": ["stop", "pause"],
            "description": "What becomes of the run at a limit",
        },
    },
}
"""What may be said beside the inputs; `POST /runs` takes it."""


class Starting:
    """The form.

    Args:
        view: of the page.
        routine: a version of it, as `GET /routines/{name}` tells.
        newest: whether that is the newest.
    """

    def __init__(self, view: View, routine: Mapping[str, Any], *, newest: bool) -> None:
        self._view, self._routine = view, str(routine["name"])
        self._version = "" if newest else str(routine["version"])
        definition = routine["definition"]
        fields = fields_of(definition.get("inputs"))
        with Tag("section", "", "panel"):
            Tag("h2", "Start it")
            if not fields:
                Tag("p", "It takes no inputs.", "soft")
            with Form(self._start, "start", LONGEST):
                self._inputs = Filling(fields)
                with Tag("details"):
                    Tag("summary", "Budget and priority")
                    if budget := definition.get("budget"):
                        said = ", ".join(f"{key}: {value}" for key, value in budget.items())
                        Tag("p", f"The routine says {said}; what is said here counts instead.")
                    options = fields_of(OPTIONS)
                    self._options = Filling(options, prefix="option-")
                Tag("button", "Start", "main", type="submit", **barred(view))

    async def _start(self, said: Fields) -> bool:
        """Whether it was started."""
        for filling in (self._inputs, self._options):
            filling.tell(None)
        try:
            inputs = self._inputs.inputs(said)
        except NotFilled as error:
            self._inputs.tell(error)
            return False
        try:
            options = self._options.inputs(said)
        except NotFilled as error:
            self._options.tell(error)
            return False
        work, priority = self._view.acting.work, options.pop("priority", 0)
        try:
            run = await self._view.acting.ask(
                lambda: work.start(self._routine, inputs, options, priority, self._version)
            )
        except VrooliError as error:
            self._tell(error)
            return False
        ui.navigate.to(f"/runs/{run['id']}")
        return True

    def _tell(self, error: VrooliError) -> None:
        of_options = isinstance(error, NotTaken) and error.code == "bad_budget"
        (self._options if of_options else self._inputs).tell(error)
