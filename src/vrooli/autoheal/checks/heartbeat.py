"""Something elsewhere that must report in: a cron job, another machine."""

from dataclasses import dataclass

from vrooli.autoheal.check import Check, Look
from vrooli.core.result import Result, critical, ok, unknown, warning
from vrooli.stack.durations import parse_ago
from vrooli.stack.option_keys import length


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Keys of `kind = "heartbeat"`.

    Attributes:
        every: how often it reports in, like `6h` or `1d`.
        grace: how much later it may be before that is critical.
    """

    every: str
    grace: str = "5m"

    def __post_init__(self) -> None:
        """Refuse what is no time while the file is read, not when it is looked at."""
        length("every", self.every)
        length("grace", self.grace)


def _run(look: Look) -> Result:
    every, grace = parse_ago(look.options.every), parse_ago(look.options.grace)
    beat = look.facts.beats.get(look.id)
    if beat is None:
        yet = f"it has not reported in yet: `vrooli-autoheal beat {look.id}`"
        return unknown(yet, waits=True)
    late = look.facts.tools.clock.wall() - beat.at
    value = round(late, 1)
    if beat.failed:
        return critical(f"it reported a failure {late:.0f} s ago: {beat.says}", value, "s")
    if late > every + grace:
        return critical(f"it was due {late - every:.0f} s ago", value, "s")
    if late > every:
        return warning(f"it is late by {late - every:.0f} s", value, "s")
    return ok(f"it reported in {late:.0f} s ago", value, "s")


CHECK = Check(
    id="heartbeat",
    title="Heartbeat",
    why="A job that no longer runs makes no error.",
    category="own",
    interval=10.0,
    unit="s",
    thresholds=None,
    run=_run,
    options=Heartbeat,
    declared=True,
    recalls=True,
)
