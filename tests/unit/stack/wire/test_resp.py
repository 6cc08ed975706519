"""Redis's protocol."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.peers import ADDRESS, run, saying
from vrooli.core.errors import ProtocolError, Unreachable, VrooliError
from vrooli.stack.wire.resp import RedisError, Session, encode


def call(*answers: bytes, stay: bool = False) -> str:
    """PING, answered by `answers`."""
    streams = saying(*answers, stay=stay)

    async def go() -> str:
        return await Session(await streams.open(ADDRESS)).call("PING")

    return run(streams, go)


def test_a_command_is_an_array_of_strings_counted_in_bytes() -> None:
    assert encode("AUTH", "pässword\r\n") == b"*2\r\n$4\r\nAUTH\r\n$11\r\np\xc3\xa4ssword\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "text"),
    [(b"+PONG\r\n", "PONG"), (b":42\r\n", "42"), (b"$4\r\nPONG\r\n", "PONG"), (b"$-1\r\n", "")],
)
def test_short_answers_are_read(answer: bytes, text: str) -> None:
    assert call(answer) == text


def test_an_error_is_raised_with_its_first_word() -> None:
    with pytest.raises(RedisError, match="dataset") as caught:
        call(b"-LOADING Redis is loading the dataset in memory\r\n")
    assert caught.value.code == "LOADING"


@pytest.mark.parametrize(
    "answer", [b"*1\r\n", b"HTTP/1.1 200 OK\r\n", b"$x\r\n", b"$2\r\nabcd", b"$999999\r\n", b"\r\n"]
)
def test_what_a_probe_never_asked_for_is_a_protocol_error(answer: bytes) -> None:
    with pytest.raises(ProtocolError):
        call(answer, stay=True)


def test_a_line_without_end_is_cut_off() -> None:
    with pytest.raises(ProtocolError, match="longer"):
        call(b"+" + b"x" * 100_000, stay=True)


def test_a_server_that_hangs_up_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        call(b"$10\r\nabc")


@given(st.binary(max_size=200))
def test_whatever_a_peer_sends_is_a_text_or_an_error_of_ours(answer: bytes) -> None:
    with suppress(VrooliError):
        assert isinstance(call(answer), str)
