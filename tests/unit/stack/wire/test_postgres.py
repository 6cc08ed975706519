"""PostgreSQL's protocol against peers that answer well, badly, or not in time."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.peers import ADDRESS, run, saying
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied, ProtocolError, Unreachable, VrooliError
from vrooli.host.memory.streams import MemoryStream, MemoryStreams
from vrooli.stack.wire import postgres
from vrooli.stack.wire.dsn import Dsn, SslMode
from vrooli.stack.wire.postgres import PostgresError, Row


def message(kind: bytes, body: bytes = b"") -> bytes:
    """One message of the server."""
    return kind + struct.pack("!i", len(body) + 4) + body


def error(sqlstate: str, text: str = "no") -> bytes:
    """An ErrorResponse."""
    return message(b"E", b"SFATAL\0C" + sqlstate.encode() + b"\0M" + text.encode() + b"\0\0")


def row(*values: bytes | None) -> bytes:
    """A DataRow."""
    cells = [struct.pack("!i", -1) if v is None else struct.pack("!i", len(v)) + v for v in values]
    return message(b"D", struct.pack("!h", len(values)) + b"".join(cells))


OK = message(b"R", struct.pack("!i", 0))
PARAMETER = message(b"S", b"server_version\x0018.4\0")
READY = message(b"Z", b"I")
WELCOME = OK + PARAMETER + message(b"K", bytes(8)) + READY
CLEAR_TEXT = message(b"R", struct.pack("!i", 3))
MD5 = message(b"R", struct.pack("!i", 5) + b"salt")


def ask(streams: MemoryStreams, address: HostPort = ADDRESS, sslmode: SslMode = "prefer") -> Row:
    """`SELECT 1` there."""
    dsn = Dsn(address, "me", "password", "db", sslmode)
    return run(streams, lambda: postgres.query(streams, dsn, "SELECT 1"))


def test_the_first_row_of_the_answer_comes_back() -> None:
    answer = row(b"1", None) + row(b"2", b"") + message(b"C", b"SELECT 2\0") + READY
    assert ask(saying(WELCOME, answer)).columns == ("1", None)


def test_an_answer_without_rows_is_empty() -> None:
    assert ask(saying(WELCOME, message(b"I") + READY)).columns == ()


def test_an_error_of_a_query_is_raised_with_its_code() -> None:
    with pytest.raises(PostgresError, match="division by zero") as caught:
        ask(saying(WELCOME, error("22012", "division by zero") + READY))
    assert caught.value.sqlstate == "22012"


@pytest.mark.parametrize("sqlstate", ["57P03", "53300"])
def test_an_error_instead_of_a_welcome_is_raised_with_its_code(sqlstate: str) -> None:
    with pytest.raises(PostgresError) as caught:
        ask(saying(error(sqlstate)))
    assert caught.value.sqlstate == sqlstate


@pytest.mark.parametrize("sqlstate", ["28P01", "28000"])
def test_a_refused_role_or_password_is_access_denied(sqlstate: str) -> None:
    with pytest.raises(AccessDenied):
        ask(saying(error(sqlstate)))


def test_a_server_that_hangs_up_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        ask(saying(OK))


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b"\0" * 9]
)
def test_another_server_on_that_port_is_a_protocol_error(greeting: bytes) -> None:
    with pytest.raises(ProtocolError):
        ask(saying(greeting, stay=True))


def test_a_server_that_never_stops_talking_is_cut_off() -> None:
    with pytest.raises(ProtocolError, match="longer"):
        ask(saying(PARAMETER * 100_000, stay=True))


def test_a_password_goes_in_clear_text_to_ourselves_only() -> None:
    assert ask(saying(CLEAR_TEXT, WELCOME, row(b"1") + READY)).columns == ("1",)
    far = HostPort("db.example", 5432)
    streams = MemoryStreams()

    async def play(stream: MemoryStream) -> None:
        await stream.read(100)
        await stream.write(b"N")
        await stream.read(1000)
        await stream.write(CLEAR_TEXT)
        assert await stream.read(1000) == b"", "the password was sent"

    streams.serve(far, play)
    with pytest.raises(AccessDenied, match="clear text"):
        ask(streams, far)


def test_the_old_md5_method_answers_as_documented() -> None:
    seen: list[bytes] = []

    async def play(stream: MemoryStream) -> None:
        await stream.read(1000)
        await stream.write(MD5)
        seen.append(await stream.read(1000))
        await stream.write(error("28P01"))

    streams = MemoryStreams()
    streams.serve(ADDRESS, play)
    with pytest.raises(AccessDenied):
        ask(streams)
    # concat('md5', md5(concat(md5(concat(password, user)), salt))), chapter 54.2.1
    assert seen == [message(b"p", b"md51630146b76437a6458ee846a5bfc612e\0")]


@pytest.mark.parametrize("method", [2, 6, 7, 9, 10])
def test_methods_that_we_do_not_know_are_named(method: int) -> None:
    with pytest.raises(ProtocolError, match="authentication"):
        ask(saying(message(b"R", struct.pack("!i", method) + b"KERBEROS\0\0"), stay=True))


@pytest.mark.parametrize(
    ("sslmode", "verify"), [("require", "none"), ("verify-ca", "ca"), ("verify-full", "full")]
)
def test_tls_is_asked_for_and_checked_as_the_url_says(sslmode: SslMode, verify: str) -> None:
    streams = saying(b"S", WELCOME, row(b"1") + READY)
    assert ask(streams, sslmode=sslmode).columns == ("1",)
    assert streams.opened[0].tls == verify


def test_a_server_without_tls_is_refused_when_the_url_demands_it() -> None:
    with pytest.raises(ProtocolError, match="sslmode=require"):
        ask(saying(b"N", stay=True), sslmode="require")


def test_prefer_goes_on_without_tls() -> None:
    far = HostPort("db.example", 5432)
    streams = saying(b"N", WELCOME, row(b"1") + READY)
    streams.serve(far, streams.peer(ADDRESS))
    assert ask(streams, far).columns == ("1",)


@given(st.binary(max_size=1000))
def test_whatever_a_peer_sends_ends_in_an_error_of_ours(answer: bytes) -> None:
    with pytest.raises(VrooliError):
        ask(saying(answer))


@given(st.binary(max_size=60), st.sampled_from(b"RSKZDTCINEAv"))
def test_well_framed_nonsense_ends_as_well(body: bytes, kind: int) -> None:
    nonsense = message(bytes([kind]), body)
    for answers in ((nonsense,), (WELCOME, nonsense), (WELCOME, nonsense + READY)):
        with suppress(VrooliError):
            ask(saying(*answers))
