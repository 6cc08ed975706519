"""A heal told as a transaction."""

from typing import Any

import pytest

from vrooli.console.parts.heal_story import (
    IN_FLIGHT,
    ON_A_PAGE,
    Wanted,
    story,
    with_news,
)

DETECTED = 1000.0


def heal(**said: Any) -> dict[str, Any]:
    return {
        "id": "1000000-web",
        "subject": "web",
        "symptom": "exited",
        "cause": "killed by signal 9\nlast line of its log",
        "rule": "heal",
        "reason": "killed by signal 9",
        "detected_at": DETECTED,
        "attempts": [],
        "outcome": None,
        "verified_after": None,
        "finished_at": None,
        "note": "",
        **said,
    }


ATTEMPT = {"action": "start", "at": DETECTED + 0.5, "error": ""}


def test_a_heal_that_helped_has_all_phases_with_their_lengths() -> None:
    told = story(heal(attempts=[ATTEMPT], verified_after=2.0, finished_at=1007.0, outcome="healed"))
    assert [(one.name, one.at, one.seconds) for one in told.phases] == [
        ("detection", 1000.0, None),
        ("decision", None, 0.5),
        ("action", 1000.5, 1.5),
        ("verification", 1002.0, 5.0),
        ("outcome", 1007.0, 7.0),
    ]
    assert told.line == "web, killed by signal 9, start, back in 2 s"
    assert not any(one.failed for one in told.phases)


def test_each_action_lasts_until_the_next_one() -> None:
    failed = {"action": "resume", "at": DETECTED, "error": "it stays stopped\nmore"}
    told = story(heal(attempts=[failed, {**ATTEMPT, "at": 1004.0}], verified_after=5.0))
    actions = [one for one in told.phases if one.name == "action"]
    assert [(one.text, one.seconds, one.failed) for one in actions] == [
        ("resume: it stays stopped", 4.0, True),
        ("start: done", 1.0, False),
    ]


def test_one_that_goes_on_has_no_end_yet() -> None:
    told = story(heal(attempts=[ATTEMPT]))
    assert told.outcome == IN_FLIGHT
    assert told.phases[-1].at is None
    assert "no look has passed yet" in [one.text for one in told.phases]


def test_one_by_hand_is_verified_by_the_end_of_its_action() -> None:
    told = story(heal(attempts=[ATTEMPT], outcome="healed", finished_at=1001.0))
    assert not any(one.failed for one in told.phases)


def test_a_refused_one_did_nothing_and_says_why() -> None:
    told = story(heal(outcome="refused", rule="gate", reason="the disk is full", finished_at=1000))
    assert [one.name for one in told.phases] == ["detection", "decision", "outcome"]
    assert told.phases[1].text == "rule gate: the disk is full"
    assert told.phases[-1].failed


def test_a_clock_that_was_set_back_makes_no_length_negative() -> None:
    told = story(heal(attempts=[{**ATTEMPT, "at": 10.0}], outcome="healed", finished_at=11.0))
    assert all(one.seconds is None or one.seconds >= 0 for one in told.phases)


@pytest.mark.parametrize("before", ["0", "-1", "x", "²", "", "9" * 19])
def test_what_the_address_says_wrong_counts_as_not_said(before: str) -> None:
    assert Wanted.of({"outcome": "nonsense", "since": "1y", "before": before}) == Wanted()


def test_an_address_asks_the_watchdog_for_just_that() -> None:
    said = {"subject": "a&b", "outcome": "healed", "since": "7d", "before": "12"}
    wanted = Wanted.of(said)
    assert wanted.question() == {**said, "limit": ON_A_PAGE}
    assert wanted.link("9") == "/heals?subject=a%26b&outcome=healed&since=7d&before=9"
    assert Wanted().link("") == "/heals"
    assert set(Wanted().question().values()) == {None, ON_A_PAGE}


def test_what_has_another_outcome_than_wanted_is_not_shown() -> None:
    assert Wanted().means(heal())
    assert Wanted(outcome="healed").means(heal(outcome="healed"))
    assert not Wanted(outcome="healed").means(heal(outcome=None))
    assert Wanted(outcome="in flight").means(heal(outcome=None))


def test_news_of_a_heal_takes_its_place_and_a_new_one_comes_first() -> None:
    old = [heal(id="2-web"), heal(id="1-web")]
    ended = heal(id="1-web", outcome="healed")
    assert with_news(old, ended) == [old[0], ended]
    assert with_news(old, heal(id="3-web"))[0]["id"] == "3-web"
