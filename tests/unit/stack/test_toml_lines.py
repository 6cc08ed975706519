"""On which line a key stands."""

import tomllib
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.stackfile import toml
from vrooli.stack.problem import KeyPath
from vrooli.stack.toml_lines import key_lines, line_of

SOURCE = '''\
# a comment = 1
top = """
not = 1
"""
[a.b]  # [c]
key = [
  1,  # one
  "[x]",
  { inner = 2 },
]
"quoted.\\u0041" = { x = 1, y.z = 'a # b' }
dotted.name = \'\'\'
z = 1\'\'\'
[[list]]
k = 1
[[list]]
k = 2
[list.sub]
deep = 3
'''


def test_every_key_has_the_line_on_which_it_stands() -> None:
    lines = key_lines(SOURCE)
    assert lines["top",] == 2
    assert lines["a", "b"] == 5
    assert lines["a", "b", "key"] == 6
    assert lines["a", "b", "key", 1] == 8
    assert lines["a", "b", "key", 2, "inner"] == 9
    assert lines["a", "b", "quoted.A", "y", "z"] == 11
    assert lines["a", "b", "dotted", "name"] == 12
    assert lines["list", 1, "k"] == 17
    assert lines["list", 1, "sub", "deep"] == 19
    assert ("not",) not in lines
    assert ("z",) not in lines


def test_what_has_no_line_gets_that_of_what_is_around_it() -> None:
    lines = key_lines(SOURCE)
    assert line_of(("a", "b", "missing"), lines) == 5
    assert line_of(("nowhere",), lines) == 1


KEYS = st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True), st.text(max_size=5))
VALUES = st.recursive(
    st.one_of(st.integers(-99, 99), st.booleans(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def paths(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    """Every path in a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found: set[KeyPath] = set()
    for key, item in items:
        found |= {(*path, key)}
        found |= paths(item, (*path, key)) if isinstance(item, dict | list) else set()
    return found


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_exactly_the_keys_that_tomllib_finds_have_lines(data: dict[str, Any]) -> None:
    source = "".join(f"{toml(key)} = {toml(value)}\n" for key, value in data.items())
    assert set(key_lines(source)) == paths(tomllib.loads(source))


@given(st.text(alphabet="[]{}=\".,#\n'ab\\ ", max_size=60))
@example(".[}")
def test_whatever_is_scanned_comes_to_an_end(source: str) -> None:
    key_lines(source)
