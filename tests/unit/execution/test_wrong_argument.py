"""What is said about arguments that do not fit."""

from typing import Any

import pytest

from vrooli.execution.step_types import validator
from vrooli.execution.wrong_argument import said


@pytest.mark.parametrize(
    ("step", "arguments", "words"),
    [
        ("http", {"url": "x", "methd": "GET"}, "no such argument: `methd`; there are method, url"),
        ("http", {"url": "x", "methd": "GET"}, "did you mean `method`?"),
        ("wait", {"seconds": 1, "foo": 1, "bar": 2}, "no such argument: `foo`, `bar`"),
        ("llm", {"model": "gpt", "prompt": "x"}, "'gpt' is not what is expected: `provider:model`"),
        ("http", {"url": 7}, "7 is not of type 'string'"),
    ],
)
def test_it_names_what_may_stand_there(step: str, arguments: dict[str, Any], words: str) -> None:
    found = [said(error) for error in validator(step).iter_errors(arguments)]
    assert any(words in one for one in found), found


def test_a_long_value_is_not_repeated_whole() -> None:
    (error,) = validator("http").iter_errors({"url": ["x" * 10_000]})
    assert len(said(error)) <= 500
