"""From a decision to the heal that it begins. Pure."""

from vrooli.autoheal.heal import Heal
from vrooli.autoheal.policy import Decision, Failure


def opened(subject: str, failure: Failure, decision: Decision) -> Heal:
    """The heal of `subject` at its beginning: nothing was tried yet."""
    return Heal(
        id=f"{int(failure.at * 1000):013d}-{subject}",
        subject=subject,
        symptom=str(failure.symptom),
        cause=failure.cause,
        rule=decision.rule,
        reason=decision.reason,
        detected_at=failure.at,
        detected_monotonic=failure.monotonic,
        launch_id=failure.launch_id,
    )
