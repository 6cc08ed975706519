"""A value in a few words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.flow.entries import Finished
from vrooli.flow.gist import LONGEST, SAYS, brief, called, gist, gist_of

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
    assert brief("x\ny\0") == "x y�"


def test_a_note_says_what_was_used_and_what_came_of_it() -> None:
    says = called("issues search", {"q": "lost orders"})
    assert says == 'issues search {"q": "lost orders"}'
    noted = {"request": "0" * 64, "value": {"value": 3}, SAYS: says}
    entry = Finished("answer/tool[1]", 1, "mcp", noted, None, 0.0)
    assert gist_of(entry) == 'issues search {"q": "lost orders"}: {"value": 3}'
    assert len(called("issues search", {"q": "x" * 500})) < LONGEST
