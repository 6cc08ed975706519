"""Passes: what opens something, and what does not."""

import json

import jwt
import pytest

from vrooli.core.passes import (
    ADMIN,
    FOR_SERVER,
    FOR_WATCHDOG,
    MAX_PASS,
    OPERATOR,
    SECONDS,
    VIEWER,
    Passes,
    Person,
)

KEY, NOW = "k" * 64, 1_000_000.0
ANN = Person("ann@example.org", OPERATOR)
PASSES = Passes(KEY, FOR_WATCHDOG)
CLAIMS = {
    "iss": "vrooli-console",
    "aud": FOR_WATCHDOG,
    "iat": 1_000_000,
    "exp": 1_000_300,
    "sub": ANN.name,
    "role": ANN.role,
}


def test_a_pass_names_its_person_until_it_is_over() -> None:
    shown = PASSES.make(ANN, NOW)
    assert PASSES.person(shown, NOW) == ANN
    assert PASSES.person(shown, NOW + SECONDS - 1) == ANN
    assert PASSES.person(shown, NOW + SECONDS) is None


def test_any_library_reads_it_and_makes_one() -> None:
    read = jwt.decode(
        PASSES.make(ANN, NOW),
        KEY,
        algorithms=["HS256"],
        audience=FOR_WATCHDOG,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert read == CLAIMS
    assert PASSES.person(jwt.encode(CLAIMS, KEY, "HS256"), NOW) == ANN


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": FOR_SERVER},
        {"iss": "somebody"},
        {"role": "root"},
        {"role": None},
        {"role": ["admin"]},
        {"sub": 7},
        {"exp": "1000300"},
        {"exp": None},
        {"exp": 1e12},
    ],
)
def test_one_for_others_or_of_other_shape_opens_nothing(wrong: dict[str, object]) -> None:
    assert PASSES.person(jwt.encode({**CLAIMS, **wrong}, KEY, "HS256"), NOW) is None


def test_a_forged_one_opens_nothing() -> None:
    head, body, signature = PASSES.make(Person("bob", VIEWER), NOW).split(".")
    _, other, _ = PASSES.make(Person("bob", ADMIN), NOW).split(".")
    assert PASSES.person(f"{head}.{other}.{signature}", NOW) is None
    assert PASSES.person(f"{head}.{body}.", NOW) is None
    assert PASSES.person(Passes("other" * 16, FOR_WATCHDOG).make(ANN, NOW), NOW) is None
    assert PASSES.person(jwt.encode(CLAIMS, "", "none"), NOW) is None
    assert PASSES.person(jwt.encode(CLAIMS, KEY, "HS512"), NOW) is None


@pytest.mark.parametrize(
    "shown", ["", ".", "..", "a.b.c", "é.é.é", "\ud800", "x" * 100_000, "a" * 10 + "\x00"]
)
def test_what_is_no_pass_opens_nothing(shown: str) -> None:
    assert PASSES.person(shown, NOW) is None


def test_one_that_is_too_long_opens_nothing_though_it_is_signed() -> None:
    long = PASSES.make(Person("a" * MAX_PASS, ADMIN), NOW)
    assert PASSES.person(long, NOW) is None


def test_what_is_signed_but_no_object_opens_nothing() -> None:
    token = jwt.PyJWS().encode(json.dumps(["admin"]).encode(), KEY, "HS256", {"typ": "JWT"})
    assert PASSES.person(token, NOW) is None


def test_a_role_may_what_the_ones_before_it_may() -> None:
    assert [Person("x", VIEWER).may(one) for one in (VIEWER, OPERATOR, ADMIN)] == [
        True,
        False,
        False,
    ]
    assert Person("x", ADMIN).may(OPERATOR)
    assert KEY not in repr(PASSES)
