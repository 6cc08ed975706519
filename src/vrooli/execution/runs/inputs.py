"""Whether the inputs of a run fit its routine."""

from typing import Any

from vrooli.core.errors import UsageError
from vrooli.execution.json_schema import BadSchema, Schema
from vrooli.execution.known import Known
from vrooli.execution.routines import StoredRoutine

MOST_MISTAKES = 20


class BadInputs(UsageError):
    """The inputs of a run do not fit the schema of its routine."""


class InputCheck:
    """Compares inputs with the schema of a version, which is read once."""

    def __init__(self) -> None:
        self._schemas = Known(_schema)

    def __call__(self, routine: StoredRoutine, inputs: Any) -> None:
        """Nothing, when they fit.

        Raises:
            BadInputs: what is wrong with them, by its place.
        """
        _compare(self._schemas.of(routine.version, routine.definition), inputs)


def _schema(definition: Any) -> Schema:
    try:
        return Schema(definition.get("inputs", {}))
    except BadSchema as error:
        raise BadInputs(
            f"the `inputs` of the routine: {error.what}",
            next_step="correct `inputs` of the routine, and store it again",
        ) from error


def _compare(schema: Schema, inputs: Any) -> None:
    if not isinstance(inputs, dict):
        raise BadInputs(
            "expected an object",
            where="inputs",
            next_step='write an object, like {"name": "value"}',
        )
    try:
        mistakes = schema.mistakes(inputs, MOST_MISTAKES)
    except BadSchema as error:
        raise BadInputs(
            f"the `inputs` of the routine: {error.what}",
            next_step="correct `inputs` of the routine, and store it again",
        ) from error
    if mistakes:
        said = "; ".join(f"inputs.{place}".rstrip(".") + f": {why}" for place, why in mistakes)
        raise BadInputs(said, next_step="the routine says what it takes under `inputs`")
