"""Flapping: what changes its mind all the time, and what does not."""

from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal.flap import LOOKS, Flaps, percent


def _after(looks: list[bool]) -> Flaps:
    flaps = Flaps()
    for passed in looks:
        flaps = flaps.after(passed)
    return flaps


def test_every_look_another_answer_is_all_of_it() -> None:
    alternating = tuple(islice(cycle([True, False]), LOOKS))
    assert percent(alternating) == pytest.approx(100.0)
    assert _after(list(alternating)).flapping


def test_a_recent_change_weighs_more_than_an_old_one() -> None:
    old = (True, *[False] * (LOOKS - 1))
    new = (*[True] * (LOOKS - 1), False)
    assert percent(new) == pytest.approx(1.2 / 20 * 100)
    assert percent(old) == pytest.approx(0.8 / 20 * 100)


def test_two_short_outages_are_no_flapping() -> None:
    assert not _after([True] * 10 + [False] + [True] * 4 + [False] + [True] * 5).flapping


@given(st.lists(st.booleans(), max_size=100))
def test_it_is_a_share_and_what_is_calm_for_long_enough_is_calm(looks: list[bool]) -> None:
    flaps = _after(looks)
    assert 0.0 <= percent(flaps.passed) <= 100.0
    assert len(flaps.passed) <= LOOKS
    assert not _after([*looks, *[True] * LOOKS]).flapping
