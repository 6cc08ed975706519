"""The healing policy: how often a crasher is started, what is forgiven, and which rule wins."""

import json
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal import policy
from vrooli.autoheal.backoff import Backoff
from vrooli.autoheal.policy import LADDERS, RULES, Case, Decision, Failure, Situation, Symptom
from vrooli.stack.model import AutohealSettings

USUAL = AutohealSettings()
DELAYS, DECAY_SECONDS = USUAL.delays, USUAL.decay

WELL = Situation(heal="auto", wanted=True, busy=False)
STEPS = st.lists(
    st.tuples(st.booleans(), st.floats(0, 10_000, allow_nan=False)), min_size=1, max_size=60
)


def decide(failure: Failure, backoff: Backoff, situation: Situation, now: float) -> Decision:
    return policy.decide(Case(failure, backoff, situation, now, USUAL))


def _failure(now: float) -> Failure:
    return Failure(Symptom.EXITED, "exited with code 3", 1e9, now)


def _starts_of_a_crasher(until: float, life: float = 0.0) -> list[float]:
    """When a service that lives for `life` seconds is started, the first crash being at 0."""
    now, backoff = 1000.0, Backoff()
    starts: list[float] = []
    while True:
        backoff = backoff.failed(now, USUAL)
        now = max(now, backoff.allowed_at(USUAL))
        assert decide(_failure(now), backoff, WELL, now).verdict == "heal"
        if now - 1000.0 > until:
            return starts
        starts.append(now - 1000.0)
        now += life


def test_a_hopeless_crasher_is_started_five_times_in_ten_minutes_then_every_quarter_hour() -> None:
    starts = _starts_of_a_crasher(4 * 3600)
    assert [at for at in starts if at <= 600] == [0.0, 2.0, 12.0, 72.0]
    assert 1 + len([at for at in starts if at <= 600]) <= 5, "the operator's own start included"
    later = [b - a for a, b in pairwise(starts[3:])]
    assert set(later) == {900.0}


@given(st.floats(0, 60, allow_nan=False))
def test_no_ten_minutes_see_more_than_five_starts_of_a_crasher(life: float) -> None:
    starts = _starts_of_a_crasher(2 * 3600, life)
    for start in starts:
        assert len([at for at in starts if start <= at < start + 600]) <= 5


@given(STEPS)
def test_the_wait_is_never_negative_and_never_longer_than_the_longest(
    steps: list[tuple[bool, float]],
) -> None:
    now, backoff = 0.0, Backoff()
    for failed, pause in steps:
        now += pause
        backoff = backoff.failed(now, USUAL) if failed else backoff.recovered(now)
        assert backoff.level >= 0
        assert backoff.failed_at <= backoff.allowed_at(USUAL) <= backoff.failed_at + max(DELAYS)


@given(st.integers(1, len(DELAYS)), st.floats(0, 100_000, allow_nan=False))
def test_stable_time_forgives_one_failure_per_ten_minutes(level: int, stable: float) -> None:
    backoff = Backoff(level, 0.0).recovered(0.0).recovered(1.0).failed(stable, USUAL)
    left = max(0, level - int(stable // DECAY_SECONDS))
    assert backoff.level == min(left + 1, len(DELAYS))
    assert backoff.healthy_since is None


def test_a_backoff_holds_a_heal_back_until_its_time() -> None:
    backoff = Backoff().failed(100.0, USUAL).failed(100.0, USUAL)
    decision = decide(_failure(100.0), backoff, WELL, 100.0)
    assert (decision.verdict, decision.rule, decision.at) == ("wait", "backoff", 102.0)
    assert decide(_failure(100.0), backoff, WELL, 102.0).verdict == "heal"


def test_the_first_rule_that_matches_wins() -> None:
    now, backoff = 100.0, Backoff(9, 100.0)
    situation = Situation(
        heal="watch",
        wanted=False,
        busy=True,
        in_hand="`docker stop`",
        quarantine="in quarantine",
        maintenance="maintenance",
        failing_needs=("postgres",),
        common_cause="9 of 10",
        turn=False,
        gate="disk full",
        flapping=True,
        recent_heals=tuple(range(50, 100)),
    )
    mended = [
        ("heal-off", {"heal": "auto"}),
        ("not-wanted", {"wanted": True}),
        ("busy", {"busy": False}),
        ("in-hand", {"in_hand": ""}),
        ("quarantine", {"quarantine": ""}),
        ("maintenance", {"maintenance": ""}),
        ("root-cause", {"failing_needs": ()}),
        ("common-cause", {"turn": True}),
        ("gate", {"gate": ""}),
    ]
    for rule, change in mended:
        assert decide(_failure(now), backoff, situation, now).rule == rule
        situation = replace(situation, **change)  # type: ignore[arg-type]  # names and values match
    assert decide(_failure(now), backoff, situation, now).rule == "backoff"
    assert decide(_failure(now), Backoff(), situation, now).rule == "budget"
    calm = replace(situation, recent_heals=())
    assert decide(_failure(now), Backoff(), calm, now).rule == "heal"
    assert decide(_failure(now), Backoff(), replace(calm, heal="shadow"), now).rule == "shadow"


@given(st.lists(st.floats(0, 5000, allow_nan=False), max_size=60), st.integers(1, 30))
def test_the_budget_of_the_host_is_never_exceeded(times: list[float], budget: int) -> None:
    now = 5000.0
    situation = replace(WELL, recent_heals=tuple(times))
    settings = AutohealSettings(heal_budget=budget, heal_window=600.0)
    decision = policy.decide(Case(_failure(now), Backoff(), situation, now, settings))
    recent = [at for at in times if now - at < 600.0]
    assert (decision.verdict == "heal") == (len(recent) < budget)
    if decision.at is not None:
        freed = [at for at in times if decision.at - at < 600.0]
        assert len(freed) < budget


def test_every_symptom_has_a_ladder_with_the_mildest_action_first() -> None:
    assert set(LADDERS) == set(Symptom)
    assert LADDERS[Symptom.STOPPED] == ("resume", "restart")
    assert decide(_failure(0.0), Backoff(), WELL, 0.0).ladder == LADDERS[Symptom.EXITED]


def test_what_only_flaps_is_waited_for_and_what_ended_is_started() -> None:
    flapping = replace(WELL, flapping=True)
    mute = replace(_failure(0.0), symptom=Symptom.UNRESPONSIVE)
    assert decide(mute, Backoff(), flapping, 0.0).rule == "flapping"
    assert decide(_failure(0.0), Backoff(), flapping, 0.0).rule == "heal"


def test_shadow_mode_says_what_it_would_have_done_and_does_nothing() -> None:
    decision = decide(_failure(0.0), Backoff(), replace(WELL, heal="shadow"), 0.0)
    assert (decision.verdict, decision.ladder) == ("leave", ("start",))


CASES = st.builds(
    Case,
    st.builds(
        Failure,
        st.sampled_from(Symptom),
        st.text(max_size=10),
        st.floats(0, 1e9),
        st.floats(0, 1e6),
        st.text(max_size=5),
    ),
    st.builds(Backoff, st.integers(0, 5), st.floats(0, 1e6), st.none() | st.floats(0, 1e6)),
    st.builds(
        Situation,
        heal=st.sampled_from(["auto", "shadow", "watch", "off"]),
        wanted=st.booleans(),
        busy=st.booleans(),
        quarantine=st.sampled_from(["", "held"]),
        maintenance=st.sampled_from(["", "now"]),
        failing_needs=st.sampled_from([(), ("db",)]),
        common_cause=st.sampled_from(["", "9 of 10"]),
        turn=st.booleans(),
        gate=st.sampled_from(["", "disk full"]),
        flapping=st.booleans(),
        recent_heals=st.lists(st.floats(0, 1e6), max_size=25).map(tuple),
    ),
    st.floats(0, 1e6),
    st.just(USUAL),
    st.none() | st.builds(Backoff, st.integers(0, 5), st.floats(0, 1e6), st.none()),
)


@given(CASES)
def test_the_explanation_and_the_decision_never_differ(case: Case) -> None:
    decision = policy.decide(case)
    findings = policy.explain(case)
    assert [finding.rule for finding in findings] == [rule.name for rule in RULES]
    first = next((f for f in findings if f.reason), None)
    assert decision.rule == (first.rule if first else "heal")
    assert (decision.verdict == "heal") == (first is None)


@given(CASES)
def test_a_recorded_case_is_decided_again_as_it_was(case: Case) -> None:
    told = json.loads(json.dumps(case.to_json(), allow_nan=False))
    assert policy.decide(Case.from_json(told, case.settings)) == policy.decide(case)


@given(CASES)
def test_what_a_person_holds_or_stopped_is_never_healed(case: Case) -> None:
    held = case.situation
    if held.quarantine or held.maintenance or not held.wanted or held.heal != "auto":
        assert policy.decide(case).verdict != "heal"
