"""Following a log over its rotation."""

import pytest

from vrooli.cli.logs import overlap


@pytest.mark.parametrize(
    ("shown", "text", "known"),
    [
        (b"one\ntwo\nthree\n", b"three\nfour\n", b"three\n"),
        (b"one\ntwo\nthree\n", b"ee\nfour\n", b"ee\n"),
        (b"one\n", b"one\n", b"one\n"),
        (b"three\n", b"two\nthree\nfour\n", b"two\nthree\n"),
        (b"one\n", b"two\n", b""),
        (b"one\n", b"", b""),
        (b"", b"one\n", b""),
    ],
)
def test_what_a_rotation_left_in_place_is_not_shown_again(
    shown: bytes, text: bytes, known: bytes
) -> None:
    assert text[: overlap(shown, text)] == known
