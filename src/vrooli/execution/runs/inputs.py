"""The inputs of a run: what its routine says where nothing is given, and whether they fit it."""

from collections.abc import Sequence
from typing import Any

from vrooli.core.errors import UsageError
from vrooli.execution.defaults import TooManyDefaults, with_defaults
from vrooli.execution.json_schema import BadSchema, Schema
from vrooli.execution.known import Known
from vrooli.execution.routines import StoredRoutine

MOST_MISTAKES = 20


class BadInputs(UsageError):
    """The inputs of a run do not fit the schema of its routine.

    Attributes:
        mistakes: place within the inputs, and what is wrong there.
    """

    def __init__(
        self,
        what: str,
        *,
        next_step: str,
        where: str = "",
        mistakes: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(what, where=where, next_step=next_step)
        self.mistakes = mistakes


class InputCheck:
    """Fills in defaults and compares with the schema of a version, which is read once."""

    def __init__(self) -> None:
        self._schemas = Known(_schema)

    def __call__(self, routine: StoredRoutine, inputs: Any) -> dict[str, Any]:
        """The inputs with the defaults of the schema, when they fit.

        Raises:
            BadInputs: what is wrong with them, by its place.
        """
        schema = self._schemas.of(routine.version, routine.definition)
        if not isinstance(inputs, dict):
            raise BadInputs(
                "expected an object",
                where="inputs",
                next_step='write an object, like {"name": "value"}',
            )
        try:
            filled: dict[str, Any] = with_defaults(routine.definition.get("inputs", {}), inputs)
        except TooManyDefaults as error:
            raise _bad_schema(error.what) from error
        _compare(schema, filled)
        return filled


def _schema(definition: Any) -> Schema:
    try:
        return Schema(definition.get("inputs", {}))
    except BadSchema as error:
        raise _bad_schema(error.what) from error


def _bad_schema(what: str) -> BadInputs:
    advice = "correct `inputs` of the routine, and store it again"
    return BadInputs(f"the `inputs` of the routine: {what}", next_step=advice)


def _compare(schema: Schema, inputs: dict[str, Any]) -> None:
    try:
        mistakes = schema.mistakes(inputs, MOST_MISTAKES)
    except BadSchema as error:
        raise _bad_schema(error.what) from error
    if mistakes:
        said = "; ".join(f"inputs.{place}".rstrip(".") + f": {why}" for place, why in mistakes)
        advice = "the routine says what it takes under `inputs`"
        raise BadInputs(said, next_step=advice, mistakes=mistakes)
