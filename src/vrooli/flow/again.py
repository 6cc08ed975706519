"""What of a journal counts when a run goes on after its end, or another run goes on in its place.
Pure.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from vrooli.flow.entries import Again, Begun, Entry, Finished, Told
from vrooli.flow.interpreter import EXPRESSION, Broken, Interpreter
from vrooli.flow.model import Routine
from vrooli.flow.places import places

_INDEX = re.compile(r"\[\d+\]")


def counting(entries: Iterable[Told]) -> list[Entry]:
    """Attempts that were not given up by a later round, in the order of the journal."""
    entries = list(entries)
    given_up: dict[str, int] = {}
    for entry in entries:
        if isinstance(entry, Again):
            given_up[entry.path] = max(entry.attempt, given_up.get(entry.path, 0))
    return [
        entry
        for entry in entries
        if not isinstance(entry, Again) and entry.attempt > given_up.get(entry.path, 0)
    ]


def kept(entries: Iterable[Told], path: str) -> list[Entry] | None:
    """All attempts of the steps that the journal has before `path`: a step, or a map or loop (or
    one turn of it) with all that is in it. None when it has no attempt of that.

    All that a step depends on is in the journal before it; so what is kept depends on nothing that
    is not, and nothing that is kept has seen what `path` came to.
    """
    found = counting(entries)
    first = _first(found, path)
    if first is None:
        return None
    early = {entry.path for entry in found[:first]}
    return [entry for entry in found if entry.path in early]


def kept_to_go_on(
    routine: Routine, inputs: Any, entries: Iterable[Told], path: str
) -> list[Entry] | None:
    """The same without what failed beside `path`: because of that it would not be begun."""
    found = counting(entries)
    first, keep = _first(found, path), kept(found, path)
    if first is None or keep is None:
        return None
    lost = failed(routine, inputs, keep, begun=found[first].path)
    return [entry for entry in keep if entry.path not in lost]


def kept_at_expression(
    routine: Routine, inputs: Any, entries: Iterable[Told], path: str
) -> list[Entry] | None:
    """All that did not fail, where the run failed because an expression did, before `path` began.
    None where that is not so, or the routine has no such place.
    """
    found = counting(entries)
    _, end = _replayed(routine, inputs, found).next()
    if not isinstance(end, Broken) or end.failure.kind != EXPRESSION:
        return None
    if _INDEX.sub("", path) not in {place for place, _ in places(routine) if place}:
        return None
    lost = failed(routine, inputs, found)
    return [entry for entry in found if entry.path not in lost]


def hindrance(routine: Routine, inputs: Any, keep: Iterable[Entry]) -> str:
    """Why nothing would begin; empty where something would."""
    _, end = _replayed(routine, inputs, keep).next()
    if not isinstance(end, Broken):
        return ""
    where = f"{end.failure.where}: " if end.failure.where else ""
    return f"{where}{end.failure.reason}"


def begins(routine: Routine, inputs: Any, keep: Iterable[Entry], path: str) -> bool:
    """Whether the path is what comes next, or a part of that. It is not where something beside it
    failed that is no step: an expression, the limit of a loop.
    """
    calls, _ = _replayed(routine, inputs, keep).next()
    return any(_within(call.path, path) for call in calls)


def failed(
    routine: Routine, inputs: Any, entries: Iterable[Entry], begun: str | None = None
) -> set[str]:
    """Steps that failed and keep the run from going on, with the step `begun` under way; empty
    where none did. Those that were rescued do not.
    """
    interpreter = _replayed(routine, inputs, entries)
    if begun is not None:
        interpreter.begin(begun, 1)
    interpreter.next()
    return set(interpreter.failed())


def fails_at_once(
    routine: Routine, inputs: Any, entries: Iterable[Entry], given_up: Mapping[str, int]
) -> bool:
    """Whether the run fails again before any step is done anew: what is computed from steps, or
    their number, is what failed.
    """
    interpreter = _replayed(routine, inputs, entries)
    for path, attempt in given_up.items():
        interpreter.again(path, attempt)
    return isinstance(interpreter.next()[1], Broken)


def given_up(entries: Iterable[Entry], keep: Iterable[str]) -> dict[str, int]:
    """By path the attempt up to which nothing counts any more, so that of `entries` only those of
    the paths in `keep` do.
    """
    paths, found = set(keep), dict[str, int]()
    for entry in entries:
        if entry.path not in paths:
            found[entry.path] = max(entry.attempt, found.get(entry.path, 0))
    return found


def under_way(entries: Iterable[Entry], types: Collection[str]) -> set[str]:
    """Paths of the steps of these types that were begun and did not end."""
    entries = list(entries)
    done = {(one.path, one.attempt) for one in entries if isinstance(one, Finished)}
    begun = [one for one in entries if isinstance(one, Begun) and one.type in types]
    return {one.path for one in begun if (one.path, one.attempt) not in done}


def _replayed(routine: Routine, inputs: Any, entries: Iterable[Entry]) -> Interpreter:
    interpreter = Interpreter(routine, inputs)
    for entry in entries:
        if isinstance(entry, Finished):
            interpreter.finish(entry)
    return interpreter


def _first(entries: list[Entry], path: str) -> int | None:
    return next((n for n, entry in enumerate(entries) if _within(entry.path, path)), None)


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))
