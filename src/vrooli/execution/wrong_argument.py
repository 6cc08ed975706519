"""What the arguments of a step do wrong, in words that help whoever wrote them. Pure."""

from collections.abc import Iterable

from jsonschema.exceptions import ValidationError

from vrooli.core.nearest import did_you_mean

LONGEST = 500
"""Characters that are told: a value may be long."""


def said(error: ValidationError) -> str:
    """One sentence about one mistake."""
    if error.validator == "additionalProperties" and error.validator_value is False:
        return _unknown(error)[:LONGEST]
    about = error.schema.get("description") if isinstance(error.schema, dict) else None
    if error.validator == "pattern" and about:
        return f"{error.instance!r} is not what is expected: {about}"[:LONGEST]
    return str(error.message)[:LONGEST]


def _unknown(error: ValidationError) -> str:
    known = list(error.schema.get("properties", {}))
    wrong = [name for name in error.instance if name not in known]
    return f"no such argument: {_listed(wrong)}; there are {', '.join(known)}" + (
        did_you_mean(wrong[0], known) if len(wrong) == 1 else ""
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
