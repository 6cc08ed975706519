"""The parts of accounts that ask nobody."""

import asyncio
import time

import jwt
import pytest
from argon2 import PasswordHasher
from fastapi import APIRouter
from hypothesis import given
from hypothesis import strategies as st

from vrooli.core.errors import Busy, UsageError
from vrooli.core.network import network_of
from vrooli.server.accounts.passwords import AT_ONCE, WAITING, Passwords
from vrooli.server.accounts.roles import OPERATOR, Caller, Role
from vrooli.server.accounts.tokens import ACCESS_SECONDS, KEY_PREFIX, Signer, digest, make
from vrooli.server.accounts.words import email_of, new_password
from vrooli.server.auth import ADMIN, OPEN, VIEWER, check_declared

KEY = "k" * 43
CHEAP = PasswordHasher(1, 8, 1)


def test_each_role_may_what_the_ones_before_it_may() -> None:
    assert [role.value for role in Role] == ["viewer", "operator", "admin"]
    for rank, role in enumerate(Role):
        assert [role.covers(other) for other in Role] == [other <= rank for other in range(3)]


@given(st.sampled_from(Role), st.sampled_from(Role))
def test_a_role_that_is_limited_is_neither_more_than_it_nor_than_the_limit(
    role: Role, limit: Role
) -> None:
    least = role.at_most(limit)
    assert role.covers(least)
    assert limit.covers(least)
    assert least in (role, limit)


def test_only_admins_see_what_belongs_to_others() -> None:
    for role in Role:
        one = Caller("ann@example.org", role)
        assert one.sees("ann@example.org")
        assert one.sees("bob@example.org") == (role is Role.ADMIN)
    assert OPERATOR.sees("bob@example.org")
    assert Caller("operator@example.org", Role.OPERATOR).sees("operator") is False


@pytest.mark.parametrize(
    ("said", "email"),
    [
        (" Ann@Example.ORG ", "ann@example.org"),
        ("a@b", "a@b"),
        ("J\u0065\u0301@x.org", "j\u00e9@x.org"),  # the same letter, written in two ways
    ],
)
def test_an_address_is_brought_into_one_form(said: str, email: str) -> None:
    assert email_of(said) == email == email_of(email)


@given(st.text(max_size=40))
def test_whatever_is_said_is_an_address_without_surprises_or_refused(said: str) -> None:
    try:
        email = email_of(said)
    except UsageError:
        return
    assert "@" in email
    assert email.isprintable()
    assert not {" ", "/"} & set(email)


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 257, "abababababab", "Ann@Example.Org"])
def test_a_poor_password_is_refused_and_not_repeated(password: str) -> None:
    with pytest.raises(UsageError) as caught:
        new_password(password, "ann@example.org")
    assert not password or password not in str(caught.value)


def test_a_token_is_known_again_for_its_time_and_use() -> None:
    signer, now = Signer(KEY), time.time()
    access, refresh = signer.access("s", now), signer.refresh("s", 7, now)
    assert signer.session_of(access) == "s"
    assert signer.generation_of(refresh) == ("s", 7)
    assert signer.session_of(refresh) is None
    assert signer.generation_of(access) is None
    assert signer.session_of(signer.access("s", now + 5)) == "s"  # another server's clock
    assert signer.session_of(signer.access("s", now - ACCESS_SECONDS - 1)) is None
    assert Signer("o" * 43).session_of(access) is None
    assert KEY not in repr(signer)


def claims(**other: object) -> dict[str, object]:
    now = int(time.time())
    return {"iss": "vrooli", "aud": "access", "sid": "s", "iat": now, "exp": now + 60, **other}


def test_what_an_attacker_writes_himself_is_no_token() -> None:
    signer = Signer(KEY)
    assert signer.session_of(jwt.encode(claims(), KEY, "HS256")) == "s"
    unsigned = jwt.encode(claims(), "", "none")
    without_end = claims()
    del without_end["exp"]
    for token in (
        unsigned,
        jwt.encode(claims(), KEY * 2, "HS512"),
        jwt.encode(claims(iss="other"), KEY, "HS256"),
        jwt.encode(claims(aud="refresh"), KEY, "HS256"),
        jwt.encode(without_end, KEY, "HS256"),
        f"{jwt.encode(claims(), KEY, 'HS256')}x",
        "x" * 5000,
        "a.b.c",
        "\udcff",
        "",
    ):
        assert signer.session_of(token) is None


def test_random_tokens_are_shown_by_their_prefix_and_kept_as_digests() -> None:
    one, other = make(KEY_PREFIX), make(KEY_PREFIX)
    assert one.token != other.token
    assert one.token.startswith(f"vrk_{one.id}_")
    assert len(one.token) > 50
    assert one.digest == digest(one.token) != digest(other.token)
    assert one.token not in repr(one)


async def test_a_password_matches_its_own_hash_only() -> None:
    passwords = Passwords(CHEAP)
    hashed = await passwords.hash("correct horse")
    assert await passwords.matches(hashed, "correct horse")
    assert not await passwords.matches(hashed, "correct hors")
    assert not await passwords.matches(None, "correct horse")
    assert not await passwords.matches("no hash", "correct horse")
    assert not passwords.is_old(hashed)
    assert Passwords().is_old(hashed)


async def test_who_comes_when_too_many_wait_is_sent_away_and_the_others_are_served() -> None:
    passwords = Passwords(CHEAP)
    room = AT_ONCE + WAITING
    tasks = [asyncio.create_task(passwords.hash("x")) for _ in range(room + 5)]
    done = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [one for one in done if isinstance(one, Busy)]
    assert len(refused) == 5
    assert all(one.retryable for one in refused)
    assert await passwords.hash("x")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_tries_count_for_what_one_of_its_kind_has(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_route_that_does_not_say_who_may_use_it_is_refused() -> None:
    for dependencies in ([], [ADMIN, VIEWER], [OPEN, ADMIN]):
        router = APIRouter()
        router.add_api_route("/x", lambda: None, dependencies=dependencies)
        with pytest.raises(LookupError, match="/x"):
            check_declared(router)
    router = APIRouter()
    router.mount("/y", APIRouter())
    with pytest.raises(LookupError, match="cannot say"):
        check_declared(router)
