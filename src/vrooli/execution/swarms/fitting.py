"""Whether a swarm fits the routines that are stored: found before it begins, by its places."""

from collections.abc import AsyncIterator, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol

from vrooli.core.errors import UnknownName
from vrooli.execution.routines import StoredRoutine
from vrooli.execution.runs.inputs import BadInputs, InputCheck
from vrooli.execution.swarms.model import Call, Swarm, Task
from vrooli.execution.swarms.reading import SwarmError, read_changed, read_swarm
from vrooli.execution.swarms.writing import is_of_file, parts_of
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


ADVICE = "store what is missing (`vrooli routine add FILE`), or correct the plan"
"""To whoever wrote what does not fit."""


async def must_fit(definition: Mapping[str, Any], routines: Routines) -> None:
    """Before this routine is stored, or begun. One that is written by hand is looked at when it
    comes to its swarm.

    Raises:
        SwarmError: what of the swarm that it drives could not begin. Tasks without which it goes on
            may.
    """
    if not is_of_file(definition):
        return
    try:
        swarm = read_swarm(parts_of(definition) or {})
    except SwarmError:
        return  # its parts are expressions
    own = StoredRoutine(definition["name"], "", definition, 0.0)
    library = _Library(routines, own)
    found = [one async for one in _circles(swarm, own.name, library)]
    found += [one async for one in _mistakes(swarm, library)]
    found += [one async for one in _beside(swarm, library)]
    if found:
        raise SwarmError(found, ADVICE)


async def unfit_tasks(
    swarm: Swarm, tasks: Container[str], routines: Routines, *, whole: bool = False
) -> list[Mistake]:
    """Why these tasks of its plan could not begin.

    Args:
        swarm: as it is to be.
        tasks: ids.
        routines: those that are stored.
        whole: those without which it goes on as well.
    """
    found = _mistakes(swarm, _Library(routines), tasks, whole=whole)
    return [one async for one in found]


async def circles(swarm: Swarm, name: str, routines: Routines) -> list[Mistake]:
    """Where it would start itself without an end, by what is known of other swarms."""
    own = StoredRoutine(name, "", {"name": name}, 0.0)
    return [one async for one in _circles(swarm, name, _Library(routines, own))]


class _Library:
    """What is stored, each asked for and read once; the swarm itself as it is to be."""

    def __init__(self, routines: Routines, *own: StoredRoutine) -> None:
        self._routines = routines
        self._found: dict[str, StoredRoutine | UnknownName] = {one.name: one for one in own}
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


async def _mistakes(
    swarm: Swarm, library: _Library, tasks: Container[str] | None = None, *, whole: bool = False
) -> AsyncIterator[Mistake]:
    for i, task in enumerate(swarm.plan):
        if not task.routine or task.handed or (tasks is not None and task.id not in tasks):
            continue
        if whole or not await _done_without(task, library):
            call, place = Call(task.routine, task.inputs), ("plan", i)
            async for one in _of_call(place, call, library, f"task `{task.id}`: "):
                yield one


async def _done_without(task: Task, library: _Library) -> bool:
    """Whether it goes on where that cannot begin. With a `when` it may never begin, or be stored by
    then.
    """
    unknown = isinstance(await library.get(task.routine), UnknownName)
    return task.goes_on or (task.when is not None and unknown)


async def _beside(swarm: Swarm, library: _Library) -> AsyncIterator[Mistake]:
    if swarm.done_check is not None:
        async for one in _of_call(("done",), swarm.done_check, library):
            yield one
    if swarm.coordinator is not None:
        found = await library.get(swarm.coordinator.routine)
        if isinstance(found, UnknownName):
            yield Mistake(("coordinator", "routine"), found.what)


async def _of_call(
    place: Place, call: Call, library: _Library, of: str = ""
) -> AsyncIterator[Mistake]:
    found = await library.get(call.routine)
    if isinstance(found, UnknownName):
        yield Mistake((*place, "routine"), f"{of}{found.what}")
        return
    for reason in _unfit_inputs(found, call.inputs, library.inputs):
        said = f"{of}the routine `{found.name}` does not take them: {reason}"
        yield Mistake((*place, "inputs"), said)


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
