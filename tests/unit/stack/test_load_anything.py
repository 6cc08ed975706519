"""Whatever stands in a stack file, the answer is a stack or a list of problems with lines."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.stackfile import StackFile, toml
from vrooli.core.errors import ConfigError
from vrooli.stack.compiled import read_compiled, write_compiled
from vrooli.stack.model import Stack
from vrooli.stack.sections import AutohealSection, HealthSection, ResourceSection, keys

WORDS = ["postgres", "http", "process", "external", "auto", "5s", "/", "TERM", "web", "env:A", "x"]
LEAVES = st.one_of(
    st.sampled_from(WORDS), st.integers(-1, 70_000), st.booleans(), st.floats(), st.text(max_size=5)
)
VALUES = st.one_of(LEAVES, st.lists(LEAVES, max_size=2))


def tables(section: type) -> st.SearchStrategy[dict[str, Any]]:
    """A table with some keys of `section`, and any values."""
    names = st.sampled_from([key.name for key in keys(section)])
    inner = tables(HealthSection) if section is ResourceSection else VALUES
    return st.dictionaries(names, st.one_of(VALUES, inner), max_size=5)


NAMED = st.dictionaries(
    st.sampled_from(["web", "db", "server", "autoheal", "Odd name"]), tables(ResourceSection)
)
FILES = st.fixed_dictionaries(
    {},
    optional={"resources": NAMED, "scenarios": NAMED, "autoheal": tables(AutohealSection)},
)


def load(text: str) -> Stack | ConfigError:
    """What comes of a file."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            stack = StackFile(Path(folder)).load(text)
        except ConfigError as error:
            return error
        write_compiled(stack, Path(folder) / "stack.json")
        assert read_compiled(Path(folder) / "stack.json") == stack
        return stack


@given(FILES)
def test_any_values_under_known_keys_give_a_stack_or_problems(data: dict[str, Any]) -> None:
    found = load("".join(f"{key} = {toml(value)}\n" for key, value in data.items()))
    if isinstance(found, ConfigError):
        assert "vrooli.toml:" in str(found)
        assert "Input should" not in str(found)
    else:
        assert found.name == "default"


@given(st.text(alphabet='[]{}=".,#\n ab1', max_size=80))
def test_any_text_gives_a_stack_or_problems(text: str) -> None:
    assert isinstance(load(text), Stack | ConfigError)
