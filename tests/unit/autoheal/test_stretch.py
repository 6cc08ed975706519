"""Stretches: thousands of results as a few rows, and nothing else is lost."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal.stretch import GRACE, Said, Stretch, begin, said_by

STATES = st.sampled_from(["ok", "warning", "critical", "unknown", "starting", "off"])
LOOKS = st.lists(
    st.builds(Said, st.floats(0, 2000), STATES, st.sampled_from([0.0, 30.0, 300.0])), min_size=1
)


def folded(looks: list[Said]) -> list[Stretch]:
    """What the roll-up does, one look after the other."""
    found = [begin(looks[0])]
    for look in looks[1:]:
        longer = found[-1].with_look(look)
        found[-1:] = [longer] if longer is not None else [found[-1], begin(look)]
    return found


def test_looks_that_say_the_same_are_one_stretch() -> None:
    looks = [Said(at, "ok", 30.0, f"at {at}") for at in (0.0, 30.0, 60.0)]
    assert folded(looks) == [Stretch("ok", 0.0, 60.0, 30.0, "at 0.0")]


def test_another_state_begins_another_stretch_and_so_does_a_gap() -> None:
    looks = [Said(0, "ok"), Said(10, "critical"), Said(20, "critical"), Said(20 + GRACE + 1, "ok")]
    assert [(s.state, s.began, s.ended) for s in folded(looks)] == [
        ("ok", 0, 0),
        ("critical", 10, 20),
        ("ok", 21 + GRACE, 21 + GRACE),
    ]


@pytest.mark.parametrize(("every", "stretches"), [(30.0, 2), (300.0, 1)])
def test_a_check_that_looks_seldom_has_no_gap_between_its_looks(
    every: float, stretches: int
) -> None:
    assert len(folded([Said(0, "ok", every), Said(300, "ok", every)])) == stretches


def test_a_clock_that_is_set_back_begins_a_new_stretch() -> None:
    assert len(folded([Said(100, "ok"), Said(40, "ok")])) == 2


@given(LOOKS)
def test_every_look_is_in_the_stretch_of_its_state(looks: list[Said]) -> None:
    looks.sort(key=lambda look: look.at)
    found = folded(looks)
    for look in looks:
        assert any(s.state == look.state and s.began <= look.at <= s.ended for s in found)
    for one, other in pairwise(found):
        assert one.began <= one.ended <= other.began
        assert one.state != other.state or other.began - one.ended > one.patience


@pytest.mark.parametrize(
    ("status", "data", "state"),
    [
        ("ok", {}, "ok"),
        ("critical", {"starting": True}, "critical"),
        ("unknown", {}, "unknown"),
        ("unknown", {"starting": True}, "starting"),
        ("unknown", {"applicable": False}, "off"),
        ("nonsense", {"applicable": 0}, "unknown"),
    ],
)
def test_unknown_is_told_apart(status: str, data: dict[str, Any], state: str) -> None:
    assert said_by(1.0, status, data).state == state


def test_a_look_keeps_the_first_line_of_its_message() -> None:
    assert said_by(1.0, "ok", {"message": "one\ntwo", "every": 5}) == Said(1.0, "ok", 5.0, "one")
    assert said_by(1.0, "ok", {"every": "soon"}).every == 0
