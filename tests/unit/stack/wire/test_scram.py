"""SCRAM-SHA-256 against the vector of RFC 7677, and against servers that lie."""

import asyncio
import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.core.errors import AccessDenied, ProtocolError, VrooliError
from vrooli.stack.wire.scram import MOST_ITERATIONS, Client, verifier

# RFC 7677, section 3.
NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = (
    b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
)
CLIENT_FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def exchange(server_first: bytes, password: str = "pencil") -> tuple[Client, bytes]:
    """A client that has answered `server_first`."""
    client = Client("user", password, NONCE)
    client.first()
    return client, asyncio.run(client.final(server_first))


def test_the_exchange_of_the_rfc_is_reproduced() -> None:
    assert Client("user", "pencil", NONCE).first() == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    client, final = exchange(SERVER_FIRST)
    assert final == CLIENT_FINAL
    client.verify(SERVER_FINAL)


def test_the_verifier_holds_the_keys_of_the_same_exchange() -> None:
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    text = verifier("pencil", salt, 4096)
    # From the same inputs by another implementation: PostgreSQL's own.
    assert text == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_a_verifier_never_shows_its_password_and_is_salted() -> None:
    assert "pencil" not in verifier("pencil")
    assert verifier("pencil") != verifier("pencil")


def test_a_server_that_cannot_prove_itself_is_refused() -> None:
    client, _ = exchange(SERVER_FIRST)
    with pytest.raises(ProtocolError, match="prove"):
        client.verify(b"v=" + base64.b64encode(b"x" * 32))


def test_a_server_that_proves_itself_too_early_is_refused() -> None:
    with pytest.raises(ProtocolError, match="prove"):
        Client("user", "pencil").verify(b"v=")


def test_a_refusal_of_the_server_is_access_denied() -> None:
    client, _ = exchange(SERVER_FIRST, "wrong")
    with pytest.raises(AccessDenied, match="invalid-proof"):
        client.verify(b"e=invalid-proof")


@pytest.mark.parametrize(
    "challenge",
    [
        b"",
        b"r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",  # adds nothing of its own
        b"r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=0",
        b"r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=%d" % (MOST_ITERATIONS + 1),
        b"r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=99999999999999999999",
        b"m=ext,r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4096",
        b"r=rOprNGfwEbeRWgbNEkqO\xff,s=W22Z,i=4096",
    ],
)
def test_a_challenge_out_of_bounds_is_refused(challenge: bytes) -> None:
    with pytest.raises(ProtocolError):
        exchange(challenge)


def test_many_rounds_are_done_beside_the_event_loop() -> None:
    _, final = exchange(SERVER_FIRST.replace(b"i=4096", b"i=50000"))
    assert final.startswith(b"c=biws,")


@pytest.mark.parametrize(
    ("password", "same_as"),
    [("\u00aa", "a"), ("a\u00adb", "ab"), ("a\u00a0b", "a b"), ("\u2168", "IX")],
)
def test_passwords_beyond_ascii_are_prepared_as_rfc_4013_says(password: str, same_as: str) -> None:
    salt = b"0123456789abcdef"
    assert verifier(password, salt) == verifier(same_as, salt)


@given(st.binary(max_size=200))
def test_whatever_a_server_says_ends_in_an_error_of_ours(data: bytes) -> None:
    client = Client("", "password")
    for say in (lambda: asyncio.run(client.final(data)), lambda: client.verify(data)):
        with pytest.raises(VrooliError):
            say()
