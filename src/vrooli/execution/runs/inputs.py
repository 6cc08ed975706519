"""Whether the inputs of a run fit the schema of its routine."""

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from vrooli.core.errors import UsageError

MOST_MISTAKES = 20


class BadInputs(UsageError):
    """The inputs of a run do not fit the schema of its routine."""


def check_inputs(definition: Any, inputs: Any) -> None:
    """`BadInputs` when they do not fit what this routine, as data, takes."""
    schema = definition.get("inputs", {})
    if not isinstance(inputs, dict):
        raise BadInputs("expected an object", where="inputs")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise BadInputs(f"the schema of the routine is none: {error.message}") from error
    errors = [*Draft202012Validator(schema).iter_errors(inputs)][:MOST_MISTAKES]
    if errors:
        said = "; ".join(
            ".".join(["inputs", *map(str, one.absolute_path)]) + f": {one.message[:300]}"
            for one in errors
        )
        raise BadInputs(said, next_step="the routine says what it takes under `inputs`")
