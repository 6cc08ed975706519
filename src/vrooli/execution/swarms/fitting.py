"""Whether a swarm fits the routines that are stored: found before it begins, by its places."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol

from vrooli.core.errors import UnknownName
from vrooli.execution.routines import StoredRoutine
from vrooli.execution.runs.inputs import BadInputs, InputCheck
from vrooli.execution.swarms.model import Call, Swarm, Task
from vrooli.execution.swarms.reading import SwarmError, read_changed, read_swarm
from vrooli.execution.swarms.writing import parts_of
from vrooli.flow.reading import Mistake
from vrooli.flow.template import Template

MOST = 200
"""Routines that are looked at for whether one leads back."""

Place = tuple[str | int, ...]
"""In a swarm."""


class Routines(Protocol):
    """Has routines: see `RoutineStore`."""

    async def get(self, name: str) -> StoredRoutine:
        """Its newest version; `UnknownName` when there is none."""
        ...


async def unfit(definition: Mapping[str, Any], routines: Routines) -> list[Mistake]:
    """What of a swarm could not begin. Tasks without which it goes on may.

    Args:
        definition: the routine that drives it.
        routines: those that are stored.
    """
    own = StoredRoutine(definition["name"], "", definition, 0.0)
    swarm = read_swarm(parts_of(definition) or {})
    library = _Library(routines, own)
    circles = [one async for one in _circles(swarm, own.name, library)]
    return circles + [one async for one in _mistakes(swarm, library)]


class _Library:
    """What is stored, each asked for and read once; the swarm itself as it is to be."""

    def __init__(self, routines: Routines, own: StoredRoutine) -> None:
        self._routines = routines
        self._found: dict[str, StoredRoutine | UnknownName] = {own.name: own}
        self._starts: dict[str, list[str]] = {}
        self.inputs = InputCheck()

    async def get(self, name: str) -> StoredRoutine | UnknownName:
        """One, or why there is none."""
        if name not in self._found:
            try:
                self._found[name] = await self._routines.get(name)
            except UnknownName as error:
                self._found[name] = error
        return self._found[name]

    async def started_by(self, name: str) -> list[str]:
        """Routines that it starts whatever happens, where it is a swarm. One that is written by
        hand with expressions for its parts is known only when it begins.
        """
        if name not in self._starts:
            found = await self.get(name)
            parts = parts_of(found.definition) if isinstance(found, StoredRoutine) else None
            self._starts[name] = []
            with suppress(SwarmError):
                self._starts[name] = _always(read_changed(parts).plan) if parts else []
        return self._starts[name]


async def _circles(swarm: Swarm, own: str, library: _Library) -> AsyncIterator[Mistake]:
    """Tasks that would start it within itself. One with a `when` may come to an end."""
    for i, task in enumerate(swarm.plan):
        if path := await _back(task, own, library):
            through = ", then ".join(f"`{one}`" for one in path)
            what = f"it would start itself without an end ({through}); a `when` ends that"
            yield Mistake(("plan", i, "routine"), what)


async def _back(task: Task, own: str, library: _Library) -> list[str]:
    """By which routines it leads back; none where it does not."""
    left = [[name] for name in _always([task])]
    seen = set[str]()
    while left and len(seen) < MOST:
        path = left.pop(0)
        if path[-1] == own:
            return path
        if path[-1] not in seen:
            seen.add(path[-1])
            left += [[*path, name] for name in await library.started_by(path[-1])]
    return []


def _always(tasks: Iterable[Task]) -> list[str]:
    """Routines of those that are done whatever happens."""
    done = [
        one.routine for one in tasks if one.when is None and one.handed is None and not one.goes_on
    ]
    return [routine for routine in dict.fromkeys(done) if routine]


async def _mistakes(swarm: Swarm, library: _Library) -> AsyncIterator[Mistake]:
    for i, task in enumerate(swarm.plan):
        if task.routine and not task.goes_on and task.handed is None:
            if task.when is not None and isinstance(await library.get(task.routine), UnknownName):
                continue  # it may never begin, or be stored by then
            place: Place = ("plan", i)
            async for one in _of_call(place, Call(task.routine, task.inputs), library):
                yield one
    if swarm.done_check is not None:
        async for one in _of_call(("done",), swarm.done_check, library):
            yield one
    if swarm.coordinator is not None:
        found = await library.get(swarm.coordinator.routine)
        if isinstance(found, UnknownName):
            yield Mistake(("coordinator", "routine"), found.what)


async def _of_call(place: Place, call: Call, library: _Library) -> AsyncIterator[Mistake]:
    found = await library.get(call.routine)
    if isinstance(found, UnknownName):
        yield Mistake((*place, "routine"), found.what)
        return
    for reason in _unfit_inputs(found, call.inputs, library.inputs):
        yield Mistake(
            (*place, "inputs"), f"the routine `{found.name}` does not take them: {reason}"
        )


def _unfit_inputs(routine: StoredRoutine, inputs: Template, check: InputCheck) -> Iterator[str]:
    """What is wrong whatever its expressions come to."""
    if not inputs.expressions:
        try:
            check(routine, inputs.filled({}))
        except BadInputs as error:
            yield error.what
        return
    declared = routine.definition.get("inputs", {})
    if not isinstance(declared, Mapping):
        return
    properties = declared.get("properties", {})
    for name in declared.get("required", ()):
        if not inputs.has(name) and "default" not in _of(properties, name):
            yield f"`{name}` is missing"
    if declared.get("additionalProperties") is False and "patternProperties" not in declared:
        known = ", ".join(f"`{one}`" for one in properties) or "none"
        for name in inputs.names():
            if name not in properties:
                yield f"there is no `{name}`, but {known}"


def _of(properties: Any, name: str) -> Mapping[str, Any]:
    found = properties.get(name, {}) if isinstance(properties, Mapping) else {}
    return found if isinstance(found, Mapping) else {}
