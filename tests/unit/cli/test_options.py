"""What options say."""

import pytest

from vrooli.cli.options import said
from vrooli.core.errors import UsageError


def test_an_option_that_is_left_out_is_empty_and_others_are_as_they_are() -> None:
    assert (said("--to", None), said("--to", " 11:52"), said("--only", "a,")) == (
        "",
        " 11:52",
        "a,",
    )


@pytest.mark.parametrize("value", ["", " ", ",", " , "])
def test_one_that_is_there_says_something(value: str) -> None:
    with pytest.raises(UsageError, match="`--to` says nothing"):
        said("--to", value)
