"""Says whether a journal goes on where it stands, by a routine as this build reads it. Pure."""

from collections.abc import Iterable
from typing import Any

from vrooli.flow.again import counting
from vrooli.flow.entries import Again, Begun, Entry, Finished, Told
from vrooli.flow.interpreter import Call, Interpreter
from vrooli.flow.model import Routine
from vrooli.flow.notes import is_note


def differences(routine: Routine, inputs: Any, entries: Iterable[Told]) -> list[str]:
    """What the journal says and this build would not do, a sentence each; empty when all of it is
    as this build would have done it.

    Args:
        routine: as this build reads its definition.
        inputs: of the run.
        entries: of its journal.
    """
    told = [entry for entry in entries if not is_note(entry.path)]
    left = {(one.path, one.attempt): one for one in counting(told)}
    interpreter = Interpreter(routine, inputs)
    for entry in told:
        if isinstance(entry, Again):
            interpreter.again(entry.path, entry.attempt)
    for path, attempt in left:
        interpreter.begin(path, attempt)  # else what failed beside it would keep it from being told
    found: list[str] = []
    while ended := _told(interpreter, left, found):
        for entry in ended:
            interpreter.finish(entry)
    found += [f"{path}: this build would not come to attempt {n}" for path, n in left]
    return found


def _told(
    interpreter: Interpreter, left: dict[tuple[str, int], Entry], found: list[str]
) -> list[Finished]:
    """Entries that are this build's next steps and have ended; what was compared leaves `left`."""
    calls, _ = interpreter.next()
    known = [(call, left.pop((call.path, call.attempt), None)) for call in calls]
    found += [said for call, entry in known if entry for said in _compared(call, entry)]
    return [entry for _, entry in known if isinstance(entry, Finished)]


def _compared(call: Call, entry: Entry) -> list[str]:
    if entry.type != call.node.type:
        return [f"{call.path}: it was a step of type {entry.type}, and would be {call.node.type}"]
    if isinstance(entry, Begun) and entry.arguments != call.arguments:
        return [f"{call.path}: this build would give it other arguments"]
    return []
