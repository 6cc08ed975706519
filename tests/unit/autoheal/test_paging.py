"""Which failures need a person."""

from typing import Any

import pytest

from vrooli.autoheal.paging import (
    CONFIRMED,
    HOST_WIDE,
    LONG_WAIT,
    CheckFacts,
    ServiceFacts,
    Verdict,
    judge_check,
    judge_host_wide,
    judge_service,
)
from vrooli.autoheal.policy import Decision, Failure, Symptom
from vrooli.core.result import critical, not_applicable, ok, starting, unknown, warning

NOW = 1000.0
FAILURE = Failure(Symptom.EXITED, "killed by signal 9", 1.0, NOW)


def judged(**facts: Any) -> Verdict:
    return judge_service(ServiceFacts(**facts), NOW)


def failed(decision: Decision | None, **facts: Any) -> Verdict:
    return judged(failure=FAILURE, decision=decision, result=critical("down"), **facts)


def waiting(seconds: float) -> Decision:
    return Decision("wait", "backoff", "failed 3 times lately", at=NOW + seconds)


HEALING = Decision("heal", "heal", "killed")
REFUSED = Decision("refuse", "gate", "disk full", at=NOW + 15)
WATCHED = Decision("leave", "heal-off", 'declared heal = "watch"')


@pytest.mark.parametrize(
    ("decision", "rule"),
    [
        (REFUSED, "refused"),
        (WATCHED, "watched"),
        (Decision("leave", "shadow", "shadow mode"), "watched"),
        (Decision("wait", "flapping", "it comes and goes", at=NOW + 1), "seldom"),
        (waiting(LONG_WAIT), "seldom"),
    ],
)
def test_what_is_not_going_to_be_healed_soon_pages(decision: Decision, rule: str) -> None:
    verdict = failed(decision)
    assert (verdict.says, verdict.rule) == ("page", rule)
    assert decision.reason in verdict.reason


@pytest.mark.parametrize("decision", [None, HEALING, waiting(LONG_WAIT - 1)])
def test_what_is_being_healed_does_not(decision: Decision | None) -> None:
    assert failed(decision).says == "wait"


def test_a_heal_that_did_not_help_pages_also_while_the_next_is_under_way() -> None:
    assert failed(HEALING, in_vain="exited with code 3", busy=True).rule == "in-vain"
    assert failed(waiting(2), in_vain="exited with code 3").says == "page"


@pytest.mark.parametrize("decision", [REFUSED, WATCHED, waiting(900), None])
def test_who_is_blocked_by_what_it_needs_never_pages(decision: Decision | None) -> None:
    verdict = failed(decision, in_vain="exited", failing_needs=("db",))
    assert (verdict.says, verdict.rule) == ("wait", "blocked")
    assert "db" in verdict.reason


@pytest.mark.parametrize(
    "decision",
    [
        Decision("leave", "quarantine", "ada has it"),
        Decision("wait", "maintenance", "new disk", at=NOW + 15),
    ],
)
def test_what_a_person_has_in_hand_does_not_page(decision: Decision) -> None:
    assert failed(decision, in_vain="exited").rule == "held"
    assert failed(REFUSED, held="maintenance").rule == "held"


@pytest.mark.parametrize("rule", HOST_WIDE)
def test_a_reason_that_is_not_its_own_is_paged_once_for_all(rule: str) -> None:
    decision = Decision("refuse", rule, "too much", at=NOW + 15)
    assert failed(decision).rule == "host-wide"
    assert judge_host_wide(rule, [decision, WATCHED]).says == "page"
    assert judge_host_wide(rule, [WATCHED]).says == "well"


def test_while_too_much_fails_at_once_nobody_is_blamed_alone() -> None:
    assert failed(HEALING, in_vain="exited", common=True).rule == "host-wide"


def test_who_passes_is_well_whatever_else_fails() -> None:
    assert judged(result=ok("200"), failing_needs=("db",)).says == "well"
    assert judged(result=warning("slow")).says == "well"


@pytest.mark.parametrize("result", [None, unknown("no idea"), starting("recovering")])
def test_what_we_do_not_know_opens_and_ends_nothing(result: Any) -> None:
    assert judged(result=result, confirmed=True, managed=False).says == "wait"


def test_what_runs_elsewhere_pages_when_it_is_confirmed() -> None:
    down = {"result": critical("refused"), "managed": False, "heal": "watch"}
    assert judged(**down, confirmed=True).rule == "watched"
    assert judged(**down).says == "wait"


def test_what_we_run_is_not_paged_by_looks_alone() -> None:
    assert judged(result=critical("refused"), confirmed=True).says == "wait"


@pytest.mark.parametrize("facts", [{"wanted": False}, {"heal": "off"}])
def test_what_is_not_meant_to_run_ends_its_incident(facts: dict[str, Any]) -> None:
    assert failed(REFUSED, **facts).says == "well"


def test_what_is_being_started_is_not_well_yet() -> None:
    assert judged(result=ok("200"), busy=True).says == "wait"


def test_what_was_given_up_pages() -> None:
    quarantined = Decision("leave", "quarantine", "nothing helped")
    assert failed(quarantined, given_up="nothing helped").rule == "given-up"


def check(result: Any, looks: int = CONFIRMED, **facts: Any) -> Verdict:
    return judge_check(CheckFacts(result, looks, **facts), NOW)


def test_a_check_pages_when_two_looks_say_critical() -> None:
    assert check(critical("97 %")).says == "page"
    assert check(critical("97 %"), CONFIRMED - 1).says == "wait"


def test_a_check_that_a_person_has_in_hand_does_not_page() -> None:
    assert check(critical("97 %"), held="maintenance").rule == "held"
    assert check(ok("3 %"), 0, held="maintenance").says == "well"


@pytest.mark.parametrize("decision", [HEALING, waiting(LONG_WAIT - 1)])
def test_a_check_that_something_is_done_about_does_not_page(decision: Decision) -> None:
    assert check(critical("97 %"), decision=decision).says == "wait"
    assert check(critical("97 %"), acting=True).says == "wait"


@pytest.mark.parametrize("decision", [WATCHED, REFUSED, waiting(LONG_WAIT)])
def test_a_check_that_nothing_is_done_about_pages(decision: Decision) -> None:
    assert check(critical("97 %"), decision=decision).rule == "critical"


def test_a_check_that_something_was_done_about_in_vain_pages() -> None:
    assert check(critical("97 %"), decision=HEALING, in_vain="still 97 %").rule == "in-vain"


@pytest.mark.parametrize("result", [ok("3 %"), warning("91 %"), not_applicable("no swap")])
def test_a_check_that_is_not_critical_is_well(result: Any) -> None:
    assert check(result, 0, in_vain="still 91 %").says == "well"


def test_a_check_that_says_nothing_changes_nothing() -> None:
    assert check(None, 0).says == "wait"
    assert check(unknown("no answer"), 9).says == "wait"
