"""What can be said of jobs at this moment. Reading only; its methods may be called in a thread."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from vrooli.autoheal.board import Board
from vrooli.autoheal.jobs.check import Seen, judge
from vrooli.autoheal.jobs.decide import Situation, next_due
from vrooli.autoheal.jobs.held import Held
from vrooli.autoheal.jobs.run import Now
from vrooli.core.result import Result
from vrooli.stack import graph

_SHOWN = (
    "name",
    "command",
    "schedule",
    "timezone",
    "timeout",
    "catch_up",
    "nice",
    "needs",
    "retries",
    "retry_delay",
    "critical",
)
"""Of the declaration; `env` may name secrets, and is nobody's business here."""


class View:
    """Looks at jobs and at what they need.

    Args:
        board: the services.
        now: the moment.
        zone: a time zone by its name, local time for the empty one.
    """

    def __init__(self, board: Board, now: Callable[[], Now], zone: Callable[[str], tzinfo]) -> None:
        self._board, self._now, self._zone = board, now, zone

    def situation(self, held: Held) -> Situation:
        """What a decision about it depends on."""
        return Situation(
            now=self._now(),
            zone=self._zone(held.job.timezone),
            down=self._board.wanted.paused,
            unmet=tuple(group for group in held.job.needs if not self._met(group)),
        )

    def result(self, held: Held) -> Result:
        """Of its check."""
        return judge(self._seen(held))

    def row(self, held: Held) -> dict[str, Any]:
        """The job as the API tells it."""
        memory, seen = held.memory, self._seen(held)
        return {
            **{name: getattr(held.job, name) for name in _SHOWN},
            "check": held.job.check_id,
            "next_due": seen.next_due,
            "refused": held.refused or None,
            "running": memory.run and memory.run.to_json(),
            "last": memory.last and memory.last.to_json(),
            "again": memory.again and memory.again.to_json(),
            "result": judge(seen).to_json(),
        }

    def _seen(self, held: Held) -> Seen:
        situation = self.situation(held)
        return Seen(
            job=held.job,
            state=held.memory,
            wall=situation.now.wall,
            zone=situation.zone,
            down=situation.down,
            refused=held.refused,
            since=held.since,
            next_due=next_due(held.job, held.memory, situation.now, situation.zone),
        )

    def _met(self, group: str) -> bool:
        names = graph.members(self._board.supervisor.stack, group)
        tracked = [self._board.tracked[name] for name in names if name in self._board.tracked]
        return any(service.healthy for service in tracked)
