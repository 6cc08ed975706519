"""Which signals a routine waits for, and what it does with them."""

from typing import Any

import pytest

from vrooli.execution.awaited import awaits, data_for
from vrooli.execution.step_types import read_routine
from vrooli.flow.model import Routine


def routine(*do: Any, **more: Any) -> Routine:
    return read_routine({"name": "x", "do": list(do), **more})


def wait(name: str, signal: str) -> dict[str, Any]:
    return {"step": name, "wait": {"signal": signal}}


def test_in_whatever_block_they_stand() -> None:
    made = routine(
        {"parallel": [[wait("a", "a")], [{"if": "true", "then": [wait("b", "b")]}]]},
        {"map": "each", "over": [1], "as": "one", "do": [wait("c", "c")]},
        {"loop": "again", "while": "turn < 1", "limit": 2, "do": [wait("d", "d")]},
        {"try": [wait("e", "e")], "rescue": [wait("f", "a")]},
        {"step": "time", "wait": {"seconds": 1}},
    )
    found = awaits(made)
    assert (found.names, found.computed) == (("a", "b", "c", "d", "e"), False)
    assert found.missed("c") == ""
    assert "`x` (there is `a`, `b`" in found.missed("x")
    none = awaits(routine({"step": "time", "wait": {"seconds": 1}}))
    assert none.missed("x") == "no step of the routine waits for `x` (none waits for any)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${steps.paid.data.n} of ${steps.paid.data.a.b}", '{"a": JSON, "n": JSON}'),
        ("${steps.paid.data}", "JSON"),
        ("${steps.paid.data.size()}", "JSON"),
        ("${steps.paid.data == null ? 0 : steps.paid.data.n}", '{"n": JSON}'),
        ("${steps.paid.by} ${'steps.paid.data'} ${steps.other.data}", ""),
    ],
)
def test_what_one_carries_is_what_is_used_of_it(text: str, said: str) -> None:
    made = routine(wait("other", "x"), wait("paid", "paid"), {"step": "s", "value": {"t": text}})
    assert data_for(made, "paid") == said
