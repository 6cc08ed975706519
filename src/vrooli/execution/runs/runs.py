"""What can be asked of runs: start one, cancel one, see how it goes."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from vrooli.core.errors import Refused
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.engine import LEASE, Engine
from vrooli.execution.runs.inputs import InputCheck
from vrooli.execution.runs.sharing import DEFAULT_QUEUE
from vrooli.execution.runs.store import Claim, NewRun, RunStore
from vrooli.execution.runs.views import RunViews
from vrooli.flow.budget import limits


class Runs:
    """For the API of one process, which works on what it starts while it has room.

    Args:
        fits: says what of a definition could not begin, before a run of it is made.
    """

    def __init__(
        self,
        store: RunStore,
        routines: RoutineStore,
        views: RunViews,
        engine: Engine,
        fits: Callable[[Any], Awaitable[None]],
    ) -> None:
        self._store, self._routines, self._engine = store, routines, engine
        self._fits, self.views = fits, views
        self._check_inputs = InputCheck()

    async def start(  # noqa: PLR0913 -- all that a run is made from
        self,
        routine: str,
        inputs: Any,
        by: str,
        key: str | None,
        *,
        budget: Any = None,
        priority: int = 0,
        version: str = "",
    ) -> str:
        """The id of a new run, or of the one that the same `key` of the same caller made before.

        Args:
            routine: name.
            inputs: a JSON object; what its schema says as `default` is filled in.
            by: who asks.
            key: repeated when a request is sent again.
            budget: as people write it, key by key instead of what the routine says.
            priority: from -100 to 100, the highest first.
            version: of the routine, by its hash; the newest where that is empty.

        Raises:
            UnknownName: there is no such routine, or it has no such version.
            BadBudget: it cannot be.
            BadInputs: they do not fit.
            UsageError: it is a swarm that does not fit the routines that are stored.
        """
        stored = await self._routines.get(routine, version)
        await self._fits(stored.definition)
        inputs = self._check_inputs(stored, inputs)
        may = limits(budget).instead_of(limits(stored.definition.get("budget")))
        queue = stored.definition.get("queue", DEFAULT_QUEUE)
        new = NewRun(
            secrets.token_hex(8), routine, stored.version, inputs, by, key, may, queue, priority
        )
        owner = self._engine.parts.owner if self._engine.takes(queue) else None
        made = await self._store.create(new, owner, LEASE if owner else 0.0)
        if made == new.run:
            self._engine.parts.meter.started(routine)
        if made == new.run and owner:
            claim = Claim(new.run, 1, inputs, stored.version, stored.definition, True, may.seconds)
            await self._engine.begin([claim])
        return made

    async def cancel(self, run: str, by: str) -> dict[str, Any]:
        """The run, ended with all that it started.

        Raises:
            UnknownName: there is no such run.
            Refused: it had ended otherwise before.
        """
        cancelled = await self._store.cancel(run, by)
        for one in cancelled:
            self._engine.drop(one)
            self._engine.parts.meter.ended(one)
        found = await self.views.get(run)
        if not cancelled and found["status"] != "cancelled":
            raise Refused(
                f"it is {found['status']} already",
                where=run,
                next_step=f"`vrooli run show {run}` tells how it ended",
            )
        return found
