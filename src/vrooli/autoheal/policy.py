"""What to do about a failed service. Pure: the same case gives the same decision, so it can be
explained and replayed.

The first rule of `RULES` that matches decides.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal

from vrooli.autoheal.backoff import Backoff
from vrooli.stack.model import AutohealSettings, Heal

Verdict = Literal["heal", "wait", "block", "refuse", "leave"]

FLAPPING = "it comes and goes by itself; a restart would only add to that"

GATE_RETRY = 15.0
"""Seconds after which a reason that may go away by itself is looked at again."""


class Symptom(StrEnum):
    """In which way a service failed. asked: in none, and a person asked for an action."""

    EXITED = "exited"
    STOPPED = "stopped"
    UNRESPONSIVE = "unresponsive"
    MISSING = "missing"
    BREACHED = "breached"
    ASKED = "asked"


LADDERS: dict[Symptom, tuple[str, ...]] = {
    Symptom.EXITED: ("start",),
    Symptom.MISSING: ("start",),
    Symptom.STOPPED: ("resume", "restart"),
    Symptom.UNRESPONSIVE: ("restart",),
    Symptom.BREACHED: (),
    Symptom.ASKED: (),
}
"""Actions by symptom, mildest first, where nothing else is declared. What the machine may be healed
by, each of its checks says."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A confirmed failure that waits for its end.

    Attributes:
        symptom: in which way.
        cause: for people, e.g. "killed by signal 9".
        at: wall clock, unix seconds, when it was noticed.
        monotonic: the same, monotonic seconds.
        launch_id: which start of the service it was, empty when there was none.
    """

    symptom: Symptom
    cause: str
    at: float
    monotonic: float
    launch_id: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is so besides the failure. Reasons are for people, and empty when there is none.

    Attributes:
        heal: what the service allows.
        wanted: whether it is meant to run.
        busy: whether an operation or heal is at it.
        in_hand: how somebody stopped it by way of its manager, or lets it stand still.
        quarantine: why only a person may touch it.
        maintenance: why nobody is to touch it for a while.
        victim: whether it was blocked so far, and runs: it did not answer because of what it needs.
        failing_needs: what it needs, directly or not, and what is failing itself: the deepest ones.
        common_cause: why it is not this service that must be healed; `turn` is whether it is
            tried all the same, as the one that shows whether healing helps.
        gate: why a restart cannot help.
        ladder: actions that are declared for this; empty: the usual ones of the symptom.
        flapping: whether it changes its mind all the time.
        recent_heals: monotonic times of heals on this host.
    """

    heal: Heal
    wanted: bool
    busy: bool
    in_hand: str = ""
    quarantine: str = ""
    maintenance: str = ""
    victim: bool = False
    failing_needs: tuple[str, ...] = ()
    common_cause: str = ""
    turn: bool = True
    gate: str = ""
    ladder: tuple[str, ...] = ()
    flapping: bool = False
    recent_heals: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """All that a decision depends on.

    Attributes:
        backoff: the count, with this failure in it.
        now: monotonic seconds.
        prior: the count before this failure; None when it was counted by a watchdog before.
    """

    failure: Failure
    backoff: Backoff
    situation: Situation
    now: float
    settings: AutohealSettings
    prior: Backoff | None = None

    @property
    def ladder(self) -> tuple[str, ...]:
        """Actions that would be tried, mildest first."""
        return self.situation.ladder or LADDERS[self.failure.symptom]

    def to_json(self) -> dict[str, Any]:
        """For the history: a decision can be replayed from it. Settings are not part of it."""
        facts = {key: asdict(getattr(self, key)) for key in ("failure", "backoff", "situation")}
        return {**facts, "now": self.now, "prior": self.prior and asdict(self.prior)}

    @classmethod
    def from_json(cls, data: dict[str, Any], settings: AutohealSettings) -> "Case":
        """Read what `to_json` wrote, to be decided by other settings."""
        failure, situation = dict(data["failure"]), dict(data["situation"])
        failure["symptom"] = Symptom(failure["symptom"])
        for key in ("failing_needs", "recent_heals", "ladder"):
            situation[key] = tuple(situation[key])
        return cls(
            failure=Failure(**failure),
            backoff=Backoff(**data["backoff"]),
            situation=Situation(**situation),
            now=data["now"],
            settings=settings,
            prior=data["prior"] and Backoff(**data["prior"]),
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, by which rule, and why.

    Attributes:
        verdict: heal now; wait until `at`; block (until a need recovers); refuse (look again at
            `at`); leave alone.
        rule: the rule's name, see above.
        reason: for people.
        at: monotonic seconds of the next consideration, None when only an event can change it.
        ladder: actions to try, in order; in shadow mode those that would have been tried.
    """

    verdict: Verdict
    rule: str
    reason: str
    at: float | None = None
    ladder: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, when it matches, and the decision that it then makes."""

    name: str
    when: str
    apply: Callable[[Case], Decision | None]


def _heal_off(case: Case) -> Decision | None:
    if case.situation.heal in ("auto", "shadow"):
        return None
    return Decision("leave", "heal-off", f'declared heal = "{case.situation.heal}"')


def _not_wanted(case: Case) -> Decision | None:
    if case.situation.wanted:
        return None
    return Decision("leave", "not-wanted", "stopped by the operator")


def _busy(case: Case) -> Decision | None:
    if not case.situation.busy:
        return None
    return Decision("leave", "busy", "an operation is at it already")


def _in_hand(case: Case) -> Decision | None:
    reason = case.situation.in_hand
    return Decision("leave", "in-hand", reason) if reason else None


def _recovering(case: Case) -> Decision | None:
    if not case.situation.victim or case.situation.failing_needs:
        return None
    return Decision("leave", "recovering", "what it needs is back; it is looked at anew")


def _quarantine(case: Case) -> Decision | None:
    reason = case.situation.quarantine
    return Decision("leave", "quarantine", reason) if reason else None


def _maintenance(case: Case) -> Decision | None:
    reason = case.situation.maintenance
    return Decision("wait", "maintenance", reason, at=case.now + GATE_RETRY) if reason else None


def _root_cause(case: Case) -> Decision | None:
    if not case.situation.failing_needs:
        return None
    culprits = ", ".join(case.situation.failing_needs)
    return Decision("block", "root-cause", f"needs {culprits}, which is failing")


def _common_cause(case: Case) -> Decision | None:
    reason = case.situation.common_cause
    if not reason or case.situation.turn:
        return None
    return Decision("refuse", "common-cause", reason, at=case.now + GATE_RETRY)


def _gate(case: Case) -> Decision | None:
    reason = case.situation.gate
    return Decision("refuse", "gate", reason, at=case.now + GATE_RETRY) if reason else None


def _flapping(case: Case) -> Decision | None:
    """One that ended is started all the same: the backoff bounds that."""
    if not case.situation.flapping or case.failure.symptom is not Symptom.UNRESPONSIVE:
        return None
    return Decision("wait", "flapping", FLAPPING, at=case.now + GATE_RETRY)


def _backoff(case: Case) -> Decision | None:
    allowed_at = case.backoff.allowed_at(case.settings)
    if case.now >= allowed_at:
        return None
    reason = f"failed {case.backoff.times(case.settings)} lately"
    return Decision("wait", "backoff", reason, at=allowed_at)


def _budget(case: Case) -> Decision | None:
    budget, window = case.settings.heal_budget, case.settings.heal_window
    recent = sorted(t for t in case.situation.recent_heals if case.now - t < window)
    if len(recent) < budget:
        return None
    reason = f"{len(recent)} heals on this host within {window:g} s"
    return Decision("refuse", "budget", reason, at=recent[-budget] + window)


def _shadow(case: Case) -> Decision | None:
    if case.situation.heal != "shadow":
        return None
    ladder = case.ladder
    reason = f"shadow mode: it would have been healed ({', then '.join(ladder)})"
    return Decision("leave", "shadow", reason, ladder=ladder)


RULES = (
    Rule("heal-off", 'it is declared `heal = "watch"` or `"off"`: seen, never touched', _heal_off),
    Rule("not-wanted", "the operator stopped it", _not_wanted),
    Rule("busy", "an operation or a heal is at it already", _busy),
    Rule("in-hand", "an operator stopped it by way of its manager, or paused it", _in_hand),
    Rule("recovering", "what it needed is back: it gets time to find that out", _recovering),
    Rule("quarantine", "a person took it out of our hands", _quarantine),
    Rule("maintenance", "a maintenance window covers it", _maintenance),
    Rule("root-cause", "it needs one that is failing: that one is healed, never this", _root_cause),
    Rule("common-cause", "too much fails at once: one is tried, the rest is spared", _common_cause),
    Rule("gate", "a restart cannot help", _gate),
    Rule("flapping", "it comes and goes by itself", _flapping),
    Rule("backoff", "it failed too often lately", _backoff),
    Rule("budget", "too many heals on this host lately", _budget),
    Rule("shadow", 'it is declared `heal = "shadow"`: decided about, never touched', _shadow),
)
"""In their order; what none of them forbids is healed."""


def decide(case: Case) -> Decision:
    """Apply the rules to one case."""
    for rule in RULES:
        decision = rule.apply(case)
        if decision is not None:
            return decision
    return Decision("heal", "heal", case.failure.cause, ladder=case.ladder)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says about a case; `reason` is empty when it does not match."""

    rule: str
    when: str
    verdict: str
    reason: str


def explain(case: Case) -> list[Finding]:
    """What every rule says, in their order: also those after the one that decides."""
    found = []
    for rule in RULES:
        decision = rule.apply(case)
        verdict, reason = (decision.verdict, decision.reason) if decision else ("", "")
        found.append(Finding(rule.name, rule.when, verdict, reason))
    return found
