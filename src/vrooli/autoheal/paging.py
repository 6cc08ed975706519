"""Which failures need a person. Pure: the same facts give the same verdict.

The rules for a service, first match wins:

1. `not-wanted`  it is not meant to run: its incident is over
2. `blocked`     something that it needs fails: that one pages, and this one is named there
3. `flapping`    it fails and passes by turns, though no failure lasts until it is confirmed
4. `well`        it passes its probe: its incident is over when that lasts
5. `held`        a maintenance window covers it, or a person took it over: nobody has to be told
6. `given-up`    it was stopped, because nothing helped
7. `host-wide`   it is not healed for a reason that is not its own: that is paged once for all
8. `refused`     a gate says that a heal cannot help
9. `watched`     it fails, and we are not to heal it
10. `in-vain`    a heal was tried and did not help
11. `seldom`     it failed so often that the next heal is far away
12. `wait`       otherwise: it is being confirmed, started or healed, or we do not know

A check of the machine pages when two looks in a row say critical, and nothing is done about it, or
in vain; and when it is `flapping`. One of a resource that is failing itself does not. One's own
that cannot be looked at for long is a warning, and an incident beside that about what it finds: it
watches nothing, and nobody would know.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from vrooli.autoheal.policy import Decision, Failure
from vrooli.core.result import Result
from vrooli.core.status import Status
from vrooli.stack.model import Heal

LONG_WAIT = 10.0
"""Seconds until the next heal from which on a person should know; before that it may well work."""

CONFIRMED = 2
"""Looks in a row that must say critical before a check of the machine pages."""

BLIND_LOOKS, BLIND = 10, 600.0
"""Looks in a row, and seconds, that a check of one's own finds nothing out before that pages."""

Says = Literal["page", "well", "wait"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a person is needed.

    Attributes:
        says: `page`, `well` (its incident is over), or `wait` (neither, for now).
        rule: see above.
        reason: for people.
    """

    says: Says
    rule: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """All that a verdict about a service depends on.

    Attributes:
        wanted: whether it is meant to run.
        heal: what it allows.
        managed: whether we start and stop it.
        busy: whether a heal or an operation is at it.
        held: why nobody has to be told now: maintenance; empty when there is no reason.
        given_up: why it was stopped for good by us; empty when it was not.
        common: whether too much fails at once to blame any one service.
        failing_needs: the deepest failing services that it needs.
        failure: the confirmed failure that has not ended.
        decision: the latest about that failure.
        in_vain: what a heal of this failure came to when it did not help; empty when none was.
        result: of the last look.
        confirmed: whether enough looks in a row failed.
        flapping: how it comes and goes, for no other's reason; empty when it is steady.
    """

    wanted: bool = True
    heal: Heal = "auto"
    managed: bool = True
    busy: bool = False
    held: str = ""
    given_up: str = ""
    common: bool = False
    failing_needs: tuple[str, ...] = ()
    failure: Failure | None = None
    decision: Decision | None = None
    in_vain: str = ""
    result: Result | None = None
    confirmed: bool = False
    flapping: str = ""


def judge_service(facts: ServiceFacts, now: float) -> Verdict:
    """Apply the rules. `now` is monotonic seconds."""
    if not facts.wanted or facts.heal == "off":
        return Verdict("well", "not-wanted", "it is not meant to run")
    if facts.failing_needs and not _passes(facts):
        return Verdict("wait", "blocked", f"needs {', '.join(facts.failing_needs)}")
    if facts.flapping and _only_flaps(facts):
        return _flapping(facts.flapping, facts.held)
    if facts.result is not None and _passes(facts):
        return Verdict("well", "well", facts.result.message)
    if facts.held:
        return Verdict("wait", "held", facts.held)
    if facts.given_up:
        return Verdict("page", "given-up", facts.given_up)
    if facts.failure is not None:
        return _failed(facts, now)
    if facts.busy or facts.result is None:
        return _WAIT
    if facts.confirmed and not facts.managed and facts.result.status is Status.CRITICAL:
        return Verdict("page", "watched", "it runs elsewhere: only looked at from here")
    return _WAIT


@dataclass(frozen=True, slots=True)
class CheckFacts:
    """All that a verdict about a check of the machine depends on.

    Attributes:
        result: of its latest look.
        looks: how many in a row say critical.
        held: why nobody has to be told of it now; empty when there is no reason.
        acting: whether something is being done about it.
        decision: the latest about what it found.
        in_vain: what was done about it and did not help; empty when nothing was.
        flapping: how it comes and goes; empty when it is steady.
    """

    result: Result | None
    looks: int = 0
    held: str = ""
    acting: bool = False
    decision: Decision | None = None
    in_vain: str = ""
    flapping: str = ""


def judge_check(facts: CheckFacts, now: float) -> Verdict:
    """The same for a check of the machine. `now` is monotonic seconds."""
    result, decision = facts.result, facts.decision
    if result is None:
        return _WAIT
    if facts.flapping and result.applicable and not facts.acting:
        return _flapping(facts.flapping, facts.held)
    if not result.applicable or result.healthy:
        return Verdict("well", "well", result.message)
    if facts.held:
        return Verdict("wait", "held", facts.held)
    if result.status is not Status.CRITICAL or facts.looks < CONFIRMED:
        return _WAIT
    if facts.in_vain:
        return Verdict("page", "in-vain", f"{result.message}; tried in vain: {facts.in_vain}")
    if facts.acting or (decision is not None and not _leaves_it(decision, now)):
        return _WAIT
    return Verdict("page", "critical", result.message)


def judge_blind(result: Result | None, looks: int, seconds: float, held: str) -> Verdict:
    """Whether a check of one's own cannot be looked at, over `looks` and `seconds` by now. What
    waits for its first news, or when we suspect ourselves, is no such case.
    """
    if result is None or result.details.get("waits"):
        return _WAIT
    if result.status is not Status.UNKNOWN or not result.applicable:
        return Verdict("well", "well", "it can be looked at")
    if held or looks < BLIND_LOOKS or seconds < BLIND:
        return _WAIT
    return Verdict("page", "blind", result.message)


def judge_host_wide(rule: str, decisions: Collection[Decision]) -> Verdict:
    """The same for what keeps services from being healed that is not their own.

    Args:
        rule: of the policy.
        decisions: the latest about every failing service.
    """
    reasons = [decision.reason for decision in decisions if decision.rule == rule]
    if reasons:
        return Verdict("page", rule, f"{reasons[0]}; {len(reasons)} services wait")
    return Verdict("well", "well", f"services that still fail: {len(decisions)}")


_WAIT = Verdict("wait", "wait")

HOST_WIDE = {"common-cause": "common-cause", "budget": "heal-budget"}
"""Rules of the policy whose reason is not the service's own, and what their incident is about."""

_HELD = ("in-hand", "quarantine", "maintenance")
"""Rules of the policy by which a person has it in hand."""

_WATCHED = ("heal-off", "shadow")


def _passes(facts: ServiceFacts) -> bool:
    return (
        facts.failure is None
        and not facts.busy
        and facts.result is not None
        and facts.result.healthy
    )


def _only_flaps(facts: ServiceFacts) -> bool:
    """Whether there is no more to be said of it: nothing is being done, or for just that reason
    nothing is.
    """
    decision = facts.decision
    standing = facts.failure is None or (decision is not None and decision.rule == "flapping")
    return standing and not facts.busy


def _flapping(how: str, held: str) -> Verdict:
    return Verdict("wait", "held", held) if held else Verdict("page", "flapping", f"it {how}")


def _failed(facts: ServiceFacts, now: float) -> Verdict:
    decision = facts.decision
    if decision is not None:
        if decision.rule in _HELD:
            return Verdict("wait", "held", decision.reason)
        if decision.rule in HOST_WIDE or facts.common:
            return Verdict("wait", "host-wide", decision.reason)
        if decision.verdict == "refuse":
            return Verdict("page", "refused", decision.reason)
        if decision.rule in _WATCHED:
            return Verdict("page", "watched", decision.reason)
    if facts.in_vain:
        return Verdict("page", "in-vain", f"a heal did not help: {facts.in_vain}")
    if decision is not None and _is_far(decision, now):
        return Verdict("page", "seldom", decision.reason)
    return _WAIT


def _leaves_it(decision: Decision, now: float) -> bool:
    """Whether nothing is done about it, or not soon."""
    return decision.verdict in ("leave", "refuse") or _is_far(decision, now)


def _is_far(decision: Decision, now: float) -> bool:
    """Whether nothing will be done soon."""
    if decision.verdict != "wait" or decision.at is None:
        return False
    return decision.rule == "flapping" or decision.at - now >= LONG_WAIT
