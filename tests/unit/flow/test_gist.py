"""A value in a few words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.flow.gist import LONGEST, brief, gist

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ("a\nb", '"a\\nb"'),
        ({"a": [1, "é", {}]}, '{"a": [1, "é", {}]}'),
        ("\0\x1b[2J", '"\\u0000\\u001b[2J"'),
    ],
)
def test_small_values_are_told_whole(value: object, said: str) -> None:
    assert gist(value) == said


@given(JSON)
def test_whatever_it_is_told_in_one_printable_line(value: object) -> None:
    said = gist(value)
    assert 0 < len(said) <= LONGEST
    assert said.isprintable()
    assert said.encode()


def test_a_large_value_is_not_read_to_its_end() -> None:
    class Endless(list[int]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            while True:
                yield 1

    assert gist(Endless()).endswith("…")
    assert brief("x\ny" * 1000).endswith("…")
    assert brief("x\ny") == "x�y"
