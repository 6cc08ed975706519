"""Whatever somebody sends as a routine, it is read or every mistake has a place."""

import contextlib
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.any_routine import Structure
from tests.support.flow import TYPES
from vrooli.flow.interpreter import Interpreter
from vrooli.flow.reading import RoutineError, read

KEYS = ["name", "do", "output", "inputs", "step", "ask", "retry", "most", "timeout", "parallel"]
KEYS += [
    "map",
    "over",
    "as",
    "at_most",
    "if",
    "then",
    "else",
    "loop",
    "while",
    "limit",
    "try",
    "rescue",
]
TEXTS = ["a", "b", "test", "true", "${steps.a}", "${", "steps.a", "item", "${item + 1}", "in", ""]

LEAVES = st.sampled_from([None, True, 0, 1, -1, 1.5, float("nan"), 10**30, *TEXTS])
DATA = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.integers(0, 1) | st.none(), inner, max_size=4)
    ),
    max_leaves=20,
)


def read_or_refuse(data: Any) -> None:
    """And whatever is read can be asked what it does."""
    routine, said = None, ""
    try:
        routine = read(data, TYPES, lambda name, arguments: [])
    except RoutineError as error:
        said = str(error)
    assert (routine is None) == bool(said)
    if routine is not None:
        Interpreter(routine, {}).next()


@given(DATA)
def test_any_data_are_read_or_refused(data: Any) -> None:
    read_or_refuse(data)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), LEAVES)
def test_a_routine_with_one_thing_changed_is_read_or_refused(
    structure: int, where: int, instead: Any
) -> None:
    data = Structure(Random(structure), TYPES).data()
    change(data, Random(where), instead)
    read_or_refuse(data)


def change(data: Any, random: Random, instead: Any) -> None:
    """One place in it becomes something else, or goes."""
    places = list(walk(data))
    holder, key = random.choice(places)
    if random.random() < 0.5:
        holder[key] = instead
    else:
        with contextlib.suppress(KeyError, IndexError):
            del holder[key]


def walk(data: Any) -> Any:
    inner = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in inner:
        yield data, key
        if isinstance(value, dict | list):
            yield from walk(value)
