"""A form from a JSON Schema: which fields, and what was filled in as inputs. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class Field:
    """One of a form.

    Attributes:
        name: the key in the inputs.
        kind: text, integer, number, yes-no, choice, list or json.
        required: whether it has to be filled in.
        default: what stands in it; a text as people write it.
        description: what it means.
        choices: of a choice.
    """

    name: str
    kind: str
    required: bool
    default: str
    description: str
    choices: tuple[str, ...] = ()


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


def _field(name: str, part: Mapping[str, Any], *, required: bool) -> Field:
    kind, choices = _kind(part)
    default = part.get("default")
    text = "" if default is None else default if isinstance(default, str) else _written(default)
    if kind == "list" and isinstance(default, list):
        text = "\n".join(map(str, default))
    return Field(name, kind, required, text, str(part.get("description", "")), choices)


def _kind(part: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    choices = part.get("enum")
    if isinstance(choices, list):
        return "choice", tuple(one if isinstance(one, str) else _written(one) for one in choices)
    said = part.get("type")
    if said == "array" and part.get("items", {}).get("type") == "string":
        return "list", ()
    known = {"string": "text", "integer": "integer", "number": "number", "boolean": "yes-no"}
    return (known.get(said, "json") if isinstance(said, str) else "json"), ()


def _value(field: Field, text: str) -> Any:
    if field.kind == "text":
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
    try:
        return json.loads(text)
    except ValueError:
        return text


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("is no whole number") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("is no number") from None


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
