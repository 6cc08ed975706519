"""The fields of a form that is made from a JSON Schema, each with a place for its mistake."""

from collections.abc import Mapping, Sequence
from typing import Any

from vrooli.client.work import NotTaken
from vrooli.console.parts.forms import Fields, standing
from vrooli.console.parts.html import Tag
from vrooli.console.parts.schema_form import Field, NotFilled, entered, inputs_of
from vrooli.core.errors import VrooliError

LONGEST = 100_000
"""Characters of one field."""

_KINDS = {"integer": "number", "number": "number", "date": "date", "date-time": "datetime-local"}
_HINTS = {"list": "One a line.", "json": "As JSON.", "date-time": "In your own time zone."}


class Filling:
    """The fields, built inside of a form.

    Args:
        fields: of the schema.
        given: what stands in them at first, where that is not their default.
        prefix: before their names, which others in the form may have as well.
    """

    def __init__(
        self, fields: Sequence[Field], given: Mapping[str, Any] | None = None, prefix: str = "in-"
    ) -> None:
        self._fields, self._prefix = fields, prefix
        self._wrong: dict[str, Tag] = {}
        for one in fields:
            first = entered(one.kind, (given or {}).get(one.name)) or one.default
            self._field(one, first)
        self._trouble = Tag("p", "", "field-error", role="alert")

    def inputs(self, said: Fields) -> dict[str, Any]:
        """What was filled in, as a run takes it.

        Raises:
            NotFilled: something is missing, or is not what its field takes.
        """
        return inputs_of(
            self._fields, {one.name: said.get(self._prefix + one.name, "") for one in self._fields}
        )

    def tell(self, error: NotFilled | VrooliError | None) -> None:
        """What is wrong, each at its field, and the rest below them; None is nothing."""
        mistakes, rest = told(error, self._wrong)
        for name, place in self._wrong.items():
            place.text = mistakes.get(name, "")
        self._trouble.text = rest

    def _field(self, one: Field, first: str) -> None:
        with Tag("div", "", "field") as around:
            own = f"f{around.id}"
            Tag("label", one.name + (" (needed)" if one.required else ""), for_=own)
            about, wrong = f"{own}-about", f"{own}-wrong"
            shared: dict[str, Any] = {"id": own, "name_": self._prefix + one.name}
            shared |= {"maxlength": LONGEST, "aria_describedby": f"{about} {wrong}"}
            if one.kind in ("choice", "yes-no"):
                _choices(one, first, shared)
            elif one.kind in ("json", "list"):
                Tag("textarea", "", rows=4, **shared, **standing(first))
            else:
                kind = _KINDS.get(one.kind, "text")
                # A time without a zone that is known here cannot stand in it.
                first = "" if one.kind == "date-time" else first
                bounds = {"min": one.least, "max": one.most} if kind == "number" else {}
                shared |= {name: at for name, at in bounds.items() if at is not None}
                Tag("input", "", type=kind, step=_step(one.kind), **shared, **standing(first))
            Tag("p", _about(one), "soft", id=about)
            self._wrong[one.name] = Tag("p", "", "field-error", role="alert", id=wrong)


def told(
    error: NotFilled | VrooliError | None, names: Mapping[str, object]
) -> tuple[dict[str, str], str]:
    """What is wrong by the names of fields, and all else as one text. Pure."""
    if error is None:
        return {}, ""
    if isinstance(error, NotFilled):
        return dict(error.mistakes), ""
    mistakes = error.mistakes if isinstance(error, NotTaken) else {}
    found = dict[str, str]()
    rest = [f"{place}: {why}" if place else why for place, why in mistakes.items()]
    for place, why in mistakes.items():
        name, _, within = place.partition(".")
        if name in names:
            found[name] = f"{within}: {why}" if within else why
            rest.remove(f"{place}: {why}")
    if not mistakes:
        next_step = f" Next: {error.next_step}" if error.next_step else ""
        return {}, f"{error.what}.{next_step}"
    return found, "; ".join(rest)


def _choices(one: Field, first: str, shared: Mapping[str, Any]) -> None:
    with Tag("select", "", **shared):
        for choice in ("", *(one.choices or ("yes", "no"))):
            picked: dict[str, Any] = {"selected": True} if choice == first else {}
            Tag("option", choice or "(not said)", value=choice, **picked)


def _step(kind: str) -> str:
    """The finest that its field takes; of a time the minute."""
    return {"integer": "1", "date": "1", "date-time": "60"}.get(kind, "any")


def _about(one: Field) -> str:
    default = f"Default: {one.default}." if one.kind == "date-time" and one.default else ""
    words = (one.description, _HINTS.get(one.kind, ""), default)
    return " ".join(word if word.endswith(".") else f"{word}." for word in words if word)
