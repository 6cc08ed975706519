"""The form for an absence: what it says, and what is wrong with it."""

import pytest

from vrooli.cli.approval_several import RISKS as CLASSES
from vrooli.console.parts.away_form import RISKS, Unsaid, refused, rule_said
from vrooli.core.errors import Refused, UsageError

WHEN = {"until": "2026-12-24T08:00:00.000Z"}


def test_what_stands_in_it_is_a_rule() -> None:
    said = {"to": " bob@example.org ", "risk": "dangerous", **WHEN}
    assert rule_said(said) == ("bob@example.org", 1_798_099_200.0, "dangerous")
    assert rule_said({**said, "risk": "odd"})[2] == "changing"
    assert {one for one, _ in RISKS} == set(CLASSES)


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({}, {"to", "until"}),
        ({"to": "bob"}, {"until"}),
        ({"to": " ", **WHEN}, {"to"}),
        ({"to": "bob", "until": "soon"}, {"until"}),
    ],
)
def test_what_is_missing_is_said_at_its_field(said: dict[str, str], fields: set[str]) -> None:
    with pytest.raises(Unsaid) as error:
        rule_said(said)
    assert set(error.value.wrong) == fields


def test_what_the_server_refuses_is_said_at_its_field() -> None:
    late = UsageError("expected a time to come, in 90 days at most", where="until", next_step="x")
    assert refused(late) == {"until": "Expected a time to come, in 90 days at most."}
    own = Refused("it is asked of you already", where="me", next_step="name another")
    assert refused(own) == {"to": "It is asked of you already."}
