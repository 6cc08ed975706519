"""What the board says to the rules about pages. Reading only."""

from dataclasses import dataclass

from vrooli.autoheal.board import Board
from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.heal import Outcome
from vrooli.autoheal.paging import CheckFacts, ServiceFacts, Verdict
from vrooli.autoheal.paging_words import Trouble
from vrooli.autoheal.policy import Decision
from vrooli.autoheal.restraints import WATCHDOG, Restraints
from vrooli.autoheal.tracker import Tracked
from vrooli.stack import graph

LEFT_BEHIND = 30.0
"""Seconds after a heal that did not help within which a failure is what it left behind."""


@dataclass(frozen=True)
class PagingBoard:
    """The board, as pages need it.

    Attributes:
        board: what is known.
        restraints: what a person holds back.
    """

    board: Board
    restraints: Restraints

    def services(self) -> list[Tracked]:
        """All but the watchdog itself."""
        return [one for one in self.board.tracked.values() if not one.service.is_watchdog]

    def facts(self, tracked: Tracked, in_vain: str, now: float) -> ServiceFacts:
        """What a verdict about a service depends on; `in_vain` is what events told of its heals."""
        service = tracked.service
        return ServiceFacts(
            wanted=self.board.is_wanted(service),
            heal=service.heal,
            managed=service.managed,
            busy=self.board.busy(tracked),
            held=self._held(tracked.name),
            given_up=self._given_up(tracked.name),
            common=any(one.rule == "common-cause" for one in self.decisions()),
            failing_needs=self.board.failing_needs(tracked),
            failure=tracked.failure,
            decision=tracked.decision,
            in_vain=in_vain or _in_vain(tracked),
            result=tracked.result,
            confirmed=tracked.looks.confirmed(service.health, now),
            flapping=self._flapping(tracked),
        )

    def trouble(self, tracked: Tracked, verdict: Verdict) -> Trouble:
        """What a page about a service tells."""
        failure, result = tracked.failure, tracked.result
        cause = failure.cause if failure else result.message if result else ""
        needed_by = [dependent.name for dependent in self.board.dependents(tracked)]
        critical = tracked.service.critical
        return Trouble(tracked.name, critical, cause, verdict, needed_by, tracked.heal)

    def check_facts(self, check: HostCheck, looks: int, in_vain: str) -> CheckFacts:
        """What a verdict about a check of the machine depends on."""
        about = self.board.tracked.get(check.service)
        held = self._held(check.id) or self.restraints.maintenance(check.service)
        if about is not None and about.failing:
            held = f"{about.name} fails"
        acting, flapping = check.acting, check.flaps.words
        return CheckFacts(check.result, looks, held, acting, check.decision, in_vain, flapping)

    def _flapping(self, tracked: Tracked) -> str:
        """How it comes and goes, unless that is by what it needs."""
        words = tracked.flaps.words
        return "" if words and any(one.unsteady for one in self.needs(tracked)) else words

    def _held(self, subject: str) -> str:
        """Why nobody has to be told: a person works on it."""
        by_hand = "" if self._given_up(subject) else self.restraints.quarantine(subject)
        return self.restraints.maintenance(subject) or by_hand

    def _given_up(self, subject: str) -> str:
        """Why we stopped it for good."""
        held = [one for one in self.restraints.quarantined() if one.subject == subject]
        return held[0].why if held and held[0].by == WATCHDOG else ""

    def needs(self, tracked: Tracked) -> list[Tracked]:
        """All that it needs, directly or not."""
        names = graph.transitive_needs(self.board.supervisor.stack, tracked.name)
        return [one for one in self.services() if one.name in names]

    def failing(self) -> list[Tracked]:
        """Services with a confirmed failure."""
        return [one for one in self.services() if one.failure is not None]

    def decisions(self) -> list[Decision]:
        """The latest about each of them."""
        return [one.decision for one in self.failing() if one.decision is not None]


def _in_vain(tracked: Tracked) -> str:
    """What the latest heal came to, when this very failure is what it left behind. The board knows
    that also after a restart, when no event tells.
    """
    heal, failure = tracked.heal, tracked.failure
    if heal is None or failure is None or heal.outcome is not Outcome.INEFFECTIVE:
        return ""
    after = failure.at - (heal.finished_at or 0.0)
    return (heal.note or heal.cause) if 0 <= after < LEFT_BEHIND else ""
