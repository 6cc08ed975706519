"""What texts of others cannot do where they are shown."""

import pytest

from vrooli.core.plain import INSTEAD, plain, plain_lines


@pytest.mark.parametrize(
    "one", ["\x1b", "\x00", "\x7f", "\x9b", "\r", "\u202e", "\u2066", "\u200f"]
)
def test_what_moves_or_turns_around_is_seen_as_such(one: str) -> None:
    assert plain(f"a{one}b") == plain_lines(f"a{one}b") == f"a{INSTEAD}b"


def test_lines_tabs_and_letters_of_all_scripts_stay() -> None:
    text = "grün\t\u05e9\u05dc\u05d5\u05dd 👩\u200d🚀\nzwei"
    assert plain_lines(text) == text
    assert plain("a\nb") == f"a{INSTEAD}b"
