"""JSON Schemas that users write: checked, and never fetched from elsewhere."""

from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from vrooli.core.errors import UsageError


class BadSchema(UsageError):
    """What should be a JSON Schema is none, or refers to what is not in it."""

    def __init__(self, what: str, *, where: str = "") -> None:
        super().__init__(what, where=where, next_step="correct the schema")


class Schema:
    """One of them."""

    def __init__(self, schema: Any) -> None:
        """Check it; `BadSchema` when it is none."""
        try:
            Draft202012Validator.check_schema(schema)
        except (SchemaError, RecursionError) as error:
            raise BadSchema(f"it is no JSON Schema: {_reason(error)}") from error
        # An empty registry: without one, whoever writes `$ref: http://...` has this server ask
        # there, and wait for the answer.
        self._validator = Draft202012Validator(schema, registry=Registry())

    def mistakes(self, value: Any, most: int) -> list[tuple[str, str]]:
        """Place and reason of what is wrong with a value, the first so many; `BadSchema` when a
        reference leads nowhere, or in a circle.
        """
        try:
            errors = list(islice(self._validator.iter_errors(value), most))
        except (Unresolvable, RecursionError) as error:
            raise BadSchema(f"a reference in it leads nowhere: {_reason(error)}") from error
        return [(".".join(map(str, error.absolute_path)), error.message[:300]) for error in errors]


def _reason(error: Exception) -> str:
    return str(getattr(error, "message", "") or error)[:300]
