"""What can be asked of runs: start one, cancel one, see how it goes."""

import secrets
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from vrooli.core.errors import Refused, UsageError
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.engine import LEASE, Engine
from vrooli.execution.runs.sharing import DEFAULT_QUEUE
from vrooli.execution.runs.store import Claim, NewRun, RunStore
from vrooli.execution.runs.views import RunViews

MOST_MISTAKES = 20


class BadInputs(UsageError):
    """The inputs of a run do not fit the schema of its routine."""


class Runs:
    """For the API of one process, which works on what it starts while it has room."""

    def __init__(
        self, store: RunStore, routines: RoutineStore, views: RunViews, engine: Engine
    ) -> None:
        self._store, self._routines, self._engine = store, routines, engine
        self.views = views

    async def start(
        self, routine: str, inputs: Any, by: str, key: str | None, priority: int = 0
    ) -> str:
        """The id of a new run, or of the one that the same `key` of the same caller made before.

        Args:
            routine: name; its newest version is taken.
            inputs: a JSON object.
            by: who asks.
            key: repeated when a request is sent again.
            priority: from -100 to 100, the highest first.

        Raises:
            UnknownName: there is no such routine.
            BadInputs: they do not fit.
        """
        stored = await self._routines.get(routine)
        check_inputs(stored.definition.get("inputs", {}), inputs)
        queue = stored.definition.get("queue", DEFAULT_QUEUE)
        run = secrets.token_hex(8)
        new = NewRun(run, routine, stored.version, inputs, by, key, queue, priority)
        owner = self._engine.parts.owner if self._engine.takes(queue) else None
        made = await self._store.create(new, owner, LEASE if owner else 0.0)
        if made == new.run and owner:
            claim = Claim(new.run, 1, inputs, stored.version, stored.definition)
            await self._engine.begin([claim])
        return made

    async def cancel(self, run: str, by: str) -> dict[str, Any]:
        """The run, ended.

        Raises:
            UnknownName: there is no such run.
            Refused: it had ended otherwise before.
        """
        cancelled = await self._store.cancel(run, by)
        self._engine.drop(run)
        found = await self.views.get(run)
        if not cancelled and found["status"] != "cancelled":
            raise Refused(f"it is {found['status']} already", where=run)
        return found


def check_inputs(schema: Any, inputs: Any) -> None:
    """Compare the inputs of a run with the schema of its routine.

    Raises:
        BadInputs: they do not fit.
    """
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
