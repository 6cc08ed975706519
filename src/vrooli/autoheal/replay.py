"""What other settings would have decided, from the decisions that were recorded. Pure.

The failures are those that happened; counts and waiting times are reckoned anew. What a
heal that was not done would have changed, nobody knows: each failure stands as it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vrooli.autoheal import policy
from vrooli.autoheal.backoff import Backoff
from vrooli.autoheal.policy import Case
from vrooli.stack.model import AutohealSettings


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision, as it was and as it would have been.

    Attributes:
        at: unix seconds.
        was, would_be: verdict and rule.
        reason: of the one that would have been.
    """

    at: float
    subject: str
    cause: str
    was: tuple[str, str]
    would_be: tuple[str, str]
    reason: str

    @property
    def differs(self) -> bool:
        """Whether the other settings decide otherwise."""
        return self.was != self.would_be


def replay(records: Iterable[Mapping[str, Any]], settings: AutohealSettings) -> list[Replayed]:
    """Decide again.

    Args:
        records: of `decision` events, oldest first: `{at, subject, data}`.
        settings: the policy to try.
    """
    counts: dict[str, _Count] = {}
    found = []
    for record in records:
        data, subject = record["data"], str(record["subject"])
        case = Case.from_json(data["case"], settings)
        backoff = counts.setdefault(subject, _Count()).at(case)
        decision = policy.decide(replace(case, backoff=backoff))
        found.append(
            Replayed(
                at=float(record["at"]),
                subject=subject,
                cause=case.failure.cause,
                was=(data["verdict"], data["rule"]),
                would_be=(decision.verdict, decision.rule),
                reason=decision.reason,
            )
        )
    return found


@dataclass
class _Count:
    """How often one service would have failed, by the other settings.

    A failure goes on from the count before it. Which one that is tell the recorded counts: the one
    after the failure before; or the one before that failure, when it was another's fault and not
    counted; or none, when a person had set it to nothing.
    """

    failure: float = -1.0
    recorded: Backoff = field(default_factory=Backoff)
    recorded_prior: Backoff = field(default_factory=Backoff)
    prior: Backoff = field(default_factory=Backoff)
    now: Backoff = field(default_factory=Backoff)

    def at(self, case: Case) -> Backoff:
        """The count in this case."""
        if case.failure.monotonic != self.failure:
            self.failure = case.failure.monotonic
            self._fail(case)
        return self.now

    def _fail(self, case: Case) -> None:
        prior = case.prior
        if prior is None:  # taken up from a watchdog before: it is counted already
            level = min(case.backoff.level, len(case.settings.delays))
            self.prior = self.now = replace(case.backoff, level=level)
        else:
            self.prior = replace(self._base(prior, case), healthy_since=prior.healthy_since)
            self.now = self.prior.failed(case.backoff.failed_at, case.settings)
        self.recorded, self.recorded_prior = case.backoff, prior or case.backoff

    def _base(self, prior: Backoff, case: Case) -> Backoff:
        if prior.level == 0:
            return prior
        if prior.failed_at == self.recorded.failed_at:
            return self.now
        if prior.failed_at == self.recorded_prior.failed_at:
            return self.prior
        return replace(prior, level=min(prior.level, len(case.settings.delays)))
