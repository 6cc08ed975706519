"""A form from a JSON Schema: which fields, and what was filled in as inputs. Pure."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class Field:
    """One of a form.

    Attributes:
        name: the key in the inputs.
        kind: text, date, date-time, integer, number, yes-no, choice, list or json.
        required: whether it has to be filled in.
        default: what stands in it; a text as people write it.
        description: what it means.
        choices: of a choice, as they are shown.
        values: of a choice, in the order of those.
        least, most: of a number; None without.
    """

    name: str
    kind: str
    required: bool
    default: str
    description: str
    choices: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    least: float | None = None
    most: float | None = None


class NotFilled(Exception):
    """What is wrong with a form.

    Attributes:
        mistakes: by the name of the field.
    """

    def __init__(self, mistakes: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in mistakes.items()))
        self.mistakes = mistakes


def fields_of(schema: Mapping[str, Any] | None) -> list[Field]:
    """The fields of an object; those that are needed first."""
    properties = (schema or {}).get("properties", {})
    needed = (schema or {}).get("required", ())
    found = [
        _field(name, part if isinstance(part, dict) else {}, required=name in needed)
        for name, part in list(properties.items())[:MOST_FIELDS]
    ]
    return sorted(found, key=lambda one: not one.required)


def inputs_of(fields: Sequence[Field], filled: Mapping[str, str]) -> dict[str, Any]:
    """What was filled in, as a run takes it; empty fields are left out.

    Raises:
        NotFilled: something is missing, or is not what the field takes.
    """
    inputs: dict[str, Any] = {}
    mistakes: dict[str, str] = {}
    for field in fields:
        text = filled.get(field.name, "")
        if not text.strip():
            if field.required:
                mistakes[field.name] = "is needed"
            continue
        try:
            inputs[field.name] = _value(field, text)
        except ValueError as error:
            mistakes[field.name] = str(error)
    if mistakes:
        raise NotFilled(mistakes)
    return inputs


def entered(kind: str, default: Any) -> str:
    """A value as people would fill it in."""
    if default is None:
        return ""
    if kind == "list" and isinstance(default, list):
        return "\n".join(map(str, default))
    if kind == "yes-no" and isinstance(default, bool):
        return "yes" if default else "no"
    return _written(default) if kind == "json" else _shown(default)


def _field(name: str, part: Mapping[str, Any], *, required: bool) -> Field:
    kind, default = _kind(part), part.get("default")
    values = tuple(part["enum"]) if kind == "choice" else ()
    return Field(
        name=name,
        kind=kind,
        required=required,
        default=entered(kind, default),
        description=str(part.get("description", "")),
        choices=tuple(_shown(one) for one in values),
        values=values,
        least=_bound(part.get("minimum")),
        most=_bound(part.get("maximum")),
    )


def _bound(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _kind(part: Mapping[str, Any]) -> str:
    if isinstance(part.get("enum"), list):
        return "choice"
    said, items = part.get("type"), part.get("items")
    if said == "array" and isinstance(items, dict) and items.get("type") == "string":
        return "list"
    if said == "string" and part.get("format") in ("date", "date-time"):
        return str(part["format"])
    known = {"string": "text", "integer": "integer", "number": "number", "boolean": "yes-no"}
    return known.get(said, "json") if isinstance(said, str) else "json"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else _written(value)


def _value(field: Field, text: str) -> Any:
    if field.kind in ("text", "date", "date-time"):
        return text
    if field.kind == "list":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if field.kind == "yes-no":
        return text == "yes"
    if field.kind == "choice":
        return _chosen(field, text)
    if field.kind == "integer":
        return _whole(text)
    if field.kind == "number":
        return _number(text)
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"is not JSON: {error}") from None


def _chosen(field: Field, text: str) -> Any:
    if text not in field.choices:
        raise ValueError(f"is none of {', '.join(field.choices)}")
    return field.values[field.choices.index(text)]


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("is no whole number") from None


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):  # JSON has no word for those
        raise ValueError("is no number")
    return value


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
