"""What of a swarm can be read though something else of it has another shape, so that all its
mistakes are told at once. Pure.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator

from vrooli.execution.swarm_shape import PARTS, TASK
from vrooli.execution.wrong_argument import said
from vrooli.flow.reading import Mistake

Place = tuple[str | int, ...]
"""In a swarm."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def misshapen(schema: Mapping[str, Any], data: Any, place: Place = ()) -> list[Mistake]:
    """What of it has another shape."""
    errors = Draft202012Validator(schema).iter_errors(data)
    return [Mistake((*place, *error.absolute_path), said(error)) for error in errors]


def unstorable(data: Any) -> Iterator[Mistake]:
    """Texts of it, and keys, that PostgreSQL does not take: with NUL, or half of a pair of
    surrogates. However deep they lie.
    """
    left: list[tuple[Place, Any]] = [((), data)]
    while left:
        place, one = left.pop()
        if isinstance(one, str) and _UNSTORABLE.search(one):
            yield Mistake(place, "it holds a character that cannot be stored")
        elif isinstance(one, Mapping):
            left += [((*place, str(key)), each) for key, each in one.items()]
            left += [((*place, str(key)), key) for key in one]
        elif isinstance(one, list):
            left += [((*place, i), each) for i, each in enumerate(one)]


def sound_parts(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Those that have their shape. Tasks and members stay where they are."""
    found = {key: sound(PARTS[key], one) for key, one in parts.items() if key in PARTS}
    kept = {key: one for key, one in found.items() if _fits(PARTS[key], one)}
    team = parts.get("team")
    named = [{"name": one["name"]} for one in _objects(team) if isinstance(one.get("name"), str)]
    return {**kept, "goal": kept.get("goal", "-"), "plan": sound_plan(parts), "team": named}


def sound_plan(parts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All tasks, each with what of it has its shape; one without a name gets one."""
    plan = parts.get("plan")
    tasks = plan if isinstance(plan, list) else []
    return [_task(i, one if isinstance(one, Mapping) else {}) for i, one in enumerate(tasks)]


def sound(schema: Mapping[str, Any], data: Any) -> Any:
    """Of an object what has its shape."""
    shapes = schema.get("properties")
    if not shapes or not isinstance(data, Mapping):
        return data
    return {key: one for key, one in data.items() if key in shapes and _fits(shapes[key], one)}


def beside(found: Iterable[Mistake], wrong: Iterable[Mistake]) -> Iterator[Mistake]:
    """Mistakes that do not come of those others, which lie where they do, or within."""
    places = [one.place for one in wrong]
    for one in found:
        if not any(place[: len(one.place)] == one.place for place in places):
            yield one


def _task(i: int, data: Mapping[str, Any]) -> dict[str, Any]:
    name = data.get("task")
    return {**sound(TASK, data), "task": name if isinstance(name, str) else f"plan[{i}]"}


def _objects(data: Any) -> list[Mapping[str, Any]]:
    return [one for one in data if isinstance(one, Mapping)] if isinstance(data, list) else []


def _fits(schema: Any, data: Any) -> bool:
    return bool(Draft202012Validator(schema).is_valid(data))
