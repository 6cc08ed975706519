"""The end of a log as the Docker Engine sends it."""

import pytest

from vrooli.host.docker_log import KEPT, End


def piece(stream: int, text: bytes) -> bytes:
    """One with its head."""
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


def heard(data: bytes, size: int, *, terminal: bool = False) -> End:
    """What came in pieces of `size` bytes."""
    end = End(terminal=terminal)
    for begin in range(0, len(data), size):
        end.feed(data[begin : begin + size])
    return end


@pytest.mark.parametrize("size", [1, 3, 8, 9, 1000])
def test_it_is_put_together_from_both_streams(size: int) -> None:
    data = piece(1, b"one\n") + piece(2, b"") + piece(2, b"two\n") + piece(1, b"cut off")[:-4]
    assert heard(data, size).lines(9) == ["one", "two", "cut"]
    assert heard(data, size).lines(1) == ["cut"]
    assert heard(b"as it is\r\n", size, terminal=True).lines(9) == ["as it is"]


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("many", [10_500, 11_000, 25_000, 50_000])
def test_the_newest_lines_are_kept_whole(many: int, terminal: bool) -> None:
    lines = [f"{number:099d}" for number in range(many)]
    data = b"".join(
        f"{line}\n".encode() if terminal else piece(1, f"{line}\n".encode()) for line in lines
    )
    found = heard(data, 65536, terminal=terminal).lines(many)
    assert found == lines[-len(found) :]
    assert len(found) >= min(many, KEPT // 100 - 1)


def test_one_line_that_is_longer_is_shown_as_far_as_it_goes() -> None:
    assert heard(b"x" * 3 * KEPT, 65536, terminal=True).lines(5) == ["x" * KEPT]
