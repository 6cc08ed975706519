"""Whether the inputs of a run fit its routine."""

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from vrooli.core.errors import UsageError
from vrooli.execution.known import Known
from vrooli.execution.routines import StoredRoutine

MOST_MISTAKES = 20


class BadInputs(UsageError):
    """The inputs of a run do not fit the schema of its routine."""


class InputCheck:
    """Compares inputs with the schema of a version, which is read once."""

    def __init__(self) -> None:
        self._validators = Known(_validator)

    def __call__(self, routine: StoredRoutine, inputs: Any) -> None:
        """Nothing, when they fit.

        Raises:
            BadInputs: what is wrong with them, by its place.
        """
        _compare(self._validators.of(routine.version, routine.definition), inputs)


def _validator(definition: Any) -> Draft202012Validator:
    schema = definition.get("inputs", {})
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise BadInputs(f"the schema of the routine is none: {error.message}") from error
    return Draft202012Validator(schema)


def _compare(validator: Draft202012Validator, inputs: Any) -> None:
    if not isinstance(inputs, dict):
        raise BadInputs("expected an object", where="inputs")
    errors = [*validator.iter_errors(inputs)][:MOST_MISTAKES]
    if errors:
        said = "; ".join(
            ".".join(["inputs", *map(str, one.absolute_path)]) + f": {one.message[:300]}"
            for one in errors
        )
        raise BadInputs(said, next_step="the routine says what it takes under `inputs`")
