"""What can be asked of runs under way and ended: pause, resume, retry, fork."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from vrooli.core.errors import Refused, UsageError
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.engine import Engine
from vrooli.execution.runs.facts import Over
from vrooli.execution.runs.inputs import InputCheck
from vrooli.execution.runs.transitions import Fork, Transitions
from vrooli.execution.runs.views import RunViews
from vrooli.execution.runs.why import other_limits
from vrooli.flow.again import (
    begins,
    counting,
    failed,
    fails_at_once,
    given_up,
    hindrance,
    kept_at_expression,
    kept_to_go_on,
    under_way,
)
from vrooli.flow.entries import Entry, Finished, Told
from vrooli.flow.model import Routine
from vrooli.flow.notes import is_note

STARTING = frozenset({"routine", "swarm"})
"""Types of steps that start runs. These were ended with the run, so that such a step cannot go on
where it was.
"""

ENDED = ("completed", "failed", "cancelled")


class Control:
    """For the API of one process, which goes on with what it may while it has room."""

    def __init__(
        self, transitions: Transitions, routines: RoutineStore, views: RunViews, engine: Engine
    ) -> None:
        self._transitions, self._routines = transitions, routines
        self._views, self._engine = views, engine
        self._check_inputs = InputCheck()

    async def pause(self, run: str, by: str) -> dict[str, Any]:
        """The run: paused, or about to be when what runs in it has ended. Again changes nothing.

        Raises:
            UnknownName: there is no such run.
            Refused: it has ended.
        """
        if await self._transitions.pause(run, by):
            self._engine.pause(run)
        found = await self._views.get(run)
        if found["status"] in ENDED:
            raise Refused(
                f"it is {found['status']} already: nothing is left to pause",
                where=run,
                next_step=f"`vrooli run show {run}` tells how it ended",
            )
        return found

    async def resume(self, run: str, by: str) -> dict[str, Any]:
        """The run, which goes on at once. Again, or when it is not paused, changes nothing.

        Raises:
            UnknownName: there is no such run.
            Refused: it has ended.
        """
        if await self._transitions.resume(run, by):
            self._engine.go_on(run)
            await self._engine.wake(run)
        found = await self._views.get(run)
        if found["status"] in ENDED:
            again = f"`vrooli run retry {run}` goes on with it"
            if found["status"] == "completed":
                again = "nothing of it is left to do: start another one"
            raise Refused(f"it is {found['status']} already", where=run, next_step=again)
        return found

    async def retry(self, run: str, path: str | None, by: str) -> dict[str, Any]:
        """The run, which goes on at once with the steps because of which it failed, or with `path`
        and all that the journal has after it, and those that failed beside it. All others keep
        what they came to.

        Raises:
            UnknownName: there is no such run.
            UsageError: it has not come to such a path.
            Refused: it has not failed nor been cancelled, has used up its time, or would fail again
                before any step.
        """
        found = await self._views.get(run)
        if found["status"] not in ("failed", "cancelled"):
            raise Refused(
                f"it is {found['status']}: only what failed can be retried",
                where=run,
                next_step="start another run of the routine",
            )
        if over := await self._transitions.out_of_time(run):
            raise _out_of_time(run, over)
        fence = await self._transitions.fence(run)
        entries = await self._journal(run)
        before, routine = counting(entries), await self._routine(found)
        if path is None:
            lost = failed(routine, found["inputs"], before) | under_way(before, STARTING)
            stay = {one.path for one in before} - lost
        else:
            stay = {one.path for one in await self._kept(found, entries, path)}
        again = given_up(before, stay)
        if fails_at_once(routine, found["inputs"], before, again):
            why = "it would fail again at once: no step failed, but what is computed from them"
            advice = "name an earlier step: --from PATH; or `vrooli run fork` with other inputs"
            raise Refused(why, where=run, next_step=advice)
        if not await self._transitions.retry(run, fence or 0, by, again):
            raise Refused(
                "somebody else goes on with it already",
                where=run,
                next_step=f"`vrooli run show {run}` tells how far it is",
            )
        await self._engine.wake(run)
        return await self._views.get(run)

    async def fork(
        self, run: str, path: str, changed: Mapping[str, Any], by: str, key: str | None
    ) -> str:
        """The id of a new run of the same version that goes on at `path` of this one, or of that
        which the same `key` of the same caller made before. The steps before keep what they came
        to, also where inputs are changed; those after see the new ones.

        Raises:
            UnknownName: there is no such run.
            UsageError: it has not come to such a path, nor failed in an expression before it.
            BadInputs: they do not fit.
            Refused: somebody approved something before that place, or it would not begin there.
        """
        found = await self._views.get(run)
        routine = await self._routines.get(found["routine"], found["version"])
        inputs = self._check_inputs(routine, {**found["inputs"], **changed})
        keep = await self._kept(found, await self._journal(run), path, inputs)
        done = [entry for entry in keep if isinstance(entry, Finished)]
        for entry in done:
            if entry.type == "approval":
                raise _approved(run, entry.path)
        ended = tuple((entry.path, entry.attempt) for entry in done)
        new = Fork(secrets.token_hex(8), run, path, inputs, by, key, ended)
        made = await self._transitions.fork(new)
        if made == new.run:
            self._engine.parts.meter.started(found["routine"])
        await self._engine.wake(made)
        return made

    async def _journal(self, run: str) -> list[Told]:
        """Of its steps, without what they noted inside."""
        entries = await self._engine.parts.journal(run, 0, False).read()
        return [entry for entry in entries if not is_note(entry.path)]

    async def _routine(self, run: Mapping[str, Any]) -> Routine:
        stored = await self._routines.get(run["routine"], run["version"])
        return self._engine.parts.read(stored.version, stored.definition)

    async def _kept(
        self,
        run: Mapping[str, Any],
        entries: Sequence[Told],
        path: str,
        inputs: Mapping[str, Any] | None = None,
    ) -> list[Entry]:
        """What the run keeps that goes on at `path`, with other inputs if there are some."""
        routine = await self._routine(run)
        keep = kept_to_go_on(routine, run["inputs"], entries, path)
        if keep is None:
            keep = kept_at_expression(routine, run["inputs"], entries, path)
            if keep is None:
                raise _no_such(run["id"], path)
            if inputs is not None and not begins(routine, inputs, keep, path):
                raise _hindered(run["id"], path, hindrance(routine, inputs, keep))
            return keep
        if not begins(routine, run["inputs"], keep, path):
            why = f"`{path}` would not begin: what is computed from steps beside it fails"
            raise Refused(why, where=run["id"], next_step="name an earlier step: --from PATH")
        return keep


def _out_of_time(run: str, over: Over) -> Refused:
    what = "the time of its budget is used up: it would fail again at once"
    next_step = f"`{other_limits(over)}`, then `vrooli run retry {run}`"
    return Refused(what, where=run, next_step=next_step)


def _no_such(run: str, path: str) -> UsageError:
    advice = f"`vrooli run show {run}` lists the steps"
    return UsageError(f"the run has not come to a step `{path}`", where=run, next_step=advice)


def _hindered(run: str, path: str, why: str) -> Refused:
    """The expression is what failed, and would again."""
    said = why or "with these inputs something else comes next"
    advice = "change an input that it sees: --input NAME=VALUE; or fork from an earlier step"
    return Refused(f"`{path}` would not begin: {said}", where=run, next_step=advice)


def _approved(run: str, path: str) -> Refused:
    return Refused(
        f"the approval `{path}` holds only in the run in which it was given",
        where=run,
        next_step=f"fork from `{path}`, or from a step before it",
    )
