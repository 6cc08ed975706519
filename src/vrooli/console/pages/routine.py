"""One routine: what it is, and the form that starts it, made from the schema of its inputs."""

import json
from typing import Any

from nicegui import ui

from vrooli.console.page import Page, View
from vrooli.console.parts.forms import button, why_not
from vrooli.console.parts.html import Tag
from vrooli.console.parts.schema_form import Field, NotFilled, fields_of, inputs_of
from vrooli.core.errors import VrooliError


async def build(view: View) -> None:
    """The page."""
    name = view.path["name"]
    found = await view.acting.ask(lambda: view.acting.work.routine(name))
    definition = found["definition"]
    Tag("h1", name)
    Tag("p", definition.get("description") or "")
    Tag("p", f"version {found['version'][:12]}", "soft")
    Form(view, name, fields_of(definition.get("inputs")))
    with Tag("details"):
        Tag("summary", "What it does, step by step")
        Tag("pre", json.dumps(definition.get("do"), indent=2, ensure_ascii=False), tabindex="0")


class Form:
    """The form.

    Args:
        view: of the page.
        routine: the name.
        fields: what it takes.
    """

    def __init__(self, view: View, routine: str, fields: list[Field]) -> None:
        self._view, self._routine, self._fields = view, routine, fields
        self._filled = {one.name: one.default for one in fields}
        self._wrong: dict[str, Tag] = {}
        with Tag("section", "", "panel"):
            Tag("h2", "Start it")
            if not fields:
                Tag("p", "It takes no inputs.", "soft")
            for field in fields:
                self._field(field)
            self._trouble = Tag("p", "", "field-error", role="alert")
            button("Start", self._start, "main", why_not(view))

    def _field(self, field: Field) -> None:
        own = f"field-{field.name}"
        Tag("label", field.name + (" (needed)" if field.required else ""), for_=own)
        described = f"{own}-about"
        if field.kind in ("choice", "yes-no"):
            choices = field.choices or ("yes", "no")
            with Tag("select", "", "", id=own, aria_describedby=described) as entry:
                for choice in ("", *choices):
                    chosen = {"selected": True} if choice == field.default else {}
                    Tag("option", choice, "", value=choice, **chosen)
        elif field.kind in ("json", "list"):
            entry = Tag("textarea", field.default, "", id=own, rows=4, aria_describedby=described)
        else:
            kind = "number" if field.kind in ("integer", "number") else "text"
            entry = Tag(
                "input",
                "",
                "",
                id=own,
                type=kind,
                step="any",
                value=field.default,
                aria_describedby=described,
            )
        entry.on(
            "input",
            lambda event, name=field.name: self._take(name, event.args),
            js_handler="(event) => emit(event.target.value)",
        )
        about = field.description + (" One a line." if field.kind == "list" else "")
        about += " As JSON." if field.kind == "json" else ""
        Tag("p", about.strip(), "soft", id=described)
        self._wrong[field.name] = Tag("p", "", "field-error", role="alert")

    def _take(self, name: str, text: Any) -> None:
        self._filled[name] = str(text or "")

    async def _start(self) -> None:
        self._tell({}, "")
        try:
            inputs = inputs_of(self._fields, self._filled)
            work = self._view.acting.work
            run = await self._view.acting.ask(lambda: work.start(self._routine, inputs))
        except NotFilled as error:
            self._tell(error.mistakes, "")
        except VrooliError as error:
            self._tell({}, str(error))
        else:
            ui.navigate.to(f"/runs/{run['id']}")

    def _tell(self, mistakes: Any, trouble: str) -> None:
        for name, place in self._wrong.items():
            place.text = mistakes.get(name, "")
        self._trouble.text = trouble


PAGE = Page("/routines/{name}", "Routine", "schema", build, own_heading=True)
