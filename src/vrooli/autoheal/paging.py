"""Which failures need a person. Pure: the same facts give the same verdict.

The rules for a service, first match wins:

1. `not-wanted`  it is not meant to run: its incident is over
2. `blocked`     something that it needs fails: that one pages, and this one is named there
3. `well`        it passes its probe: its incident is over when that lasts
4. `refused`     a rule forbids to heal it: a gate, or too many heals on this host
5. `watched`     it fails, and we are not to heal it
6. `in-vain`     a heal was tried and did not help
7. `backoff`     it failed so often that the next heal is far away
8. `wait`        otherwise: it is being confirmed, started or healed, or we do not know

A check of the machine pages when two looks in a row say critical.
"""

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
        failing_needs: the deepest failing services that it needs.
        failure: the confirmed failure that has not ended.
        decision: the latest about that failure.
        in_vain: what a heal of this failure came to when it did not help; empty when none was.
        result: of the last look.
        confirmed: whether enough looks in a row failed.
    """

    wanted: bool = True
    heal: Heal = "auto"
    managed: bool = True
    busy: bool = False
    failing_needs: tuple[str, ...] = ()
    failure: Failure | None = None
    decision: Decision | None = None
    in_vain: str = ""
    result: Result | None = None
    confirmed: bool = False


def judge_service(facts: ServiceFacts, now: float) -> Verdict:
    """Apply the rules. `now` is monotonic seconds."""
    if not facts.wanted or facts.heal == "off":
        return Verdict("well", "not-wanted", "it is not meant to run")
    if facts.failing_needs and not _passes(facts):
        return Verdict("wait", "blocked", f"needs {', '.join(facts.failing_needs)}")
    if facts.failure is not None:
        return _failed(facts, now)
    if facts.busy or facts.result is None:
        return _WAIT
    if _passes(facts):
        return Verdict("well", "well", facts.result.message)
    if facts.confirmed and not facts.managed and facts.result.status is Status.CRITICAL:
        return Verdict("page", "watched", "it runs elsewhere: only looked at from here")
    return _WAIT


def judge_check(result: Result | None, looks: int) -> Verdict:
    """The same for a check of the machine. `looks` is how many in a row say critical."""
    if result is None:
        return _WAIT
    if not result.applicable or result.healthy:
        return Verdict("well", "well", result.message)
    if result.status is Status.CRITICAL and looks >= CONFIRMED:
        return Verdict("page", "critical", result.message)
    return _WAIT


_WAIT = Verdict("wait", "wait")


def _passes(facts: ServiceFacts) -> bool:
    return (
        facts.failure is None
        and not facts.busy
        and facts.result is not None
        and facts.result.healthy
    )


def _failed(facts: ServiceFacts, now: float) -> Verdict:
    decision = facts.decision
    if decision is not None and decision.verdict == "refuse":
        return Verdict("page", "refused", decision.reason)
    if decision is not None and decision.rule == "heal-off":
        return Verdict("page", "watched", decision.reason)
    if facts.in_vain:
        return Verdict("page", "in-vain", f"a heal did not help: {facts.in_vain}")
    if decision is not None and decision.verdict == "wait" and decision.at is not None:
        left = decision.at - now
        if left >= LONG_WAIT:
            return Verdict("page", "backoff", f"{decision.reason}; next try in {left:.0f} s")
    return _WAIT
