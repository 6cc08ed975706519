"""What reported in by itself, and when. Kept in the history's state."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from vrooli.autoheal.ledger import Ledger
from vrooli.core.errors import UnknownName
from vrooli.core.ports.clock import Clock
from vrooli.stack.model import Stack

_STATE = "heartbeats"
_LONGEST = 300
"""Characters of what it says."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One report; `at` is unix seconds, `says` a message of the one who failed."""

    at: float
    failed: bool = False
    says: str = ""


class Beats:
    """The latest of each."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._latest: dict[str, Beat] = {}

    async def load(self) -> None:
        """What was reported to the watchdogs before this one."""
        for name, raw in (await self._ledger.load(_STATE) or {}).items():
            self._latest[name] = Beat(**raw)

    def latest(self) -> Mapping[str, Beat]:
        """By name of the check."""
        return self._latest

    async def take(self, stack: Stack, name: str, failed: bool, says: str) -> Beat:
        """Somebody reports in; durable before it is acknowledged.

        Raises:
            UsageError: no heartbeat of that name is declared.
        """
        known = [key for key, settings in stack.checks.items() if settings.kind == "heartbeat"]
        if name not in known:
            raise UnknownName(
                f"no heartbeat `{name}` is declared",
                name,
                next_step=f"there are: {', '.join(known) or 'none'}; [checks.NAME] with kind = "
                '"heartbeat" declares one',
            )
        beat = self._latest[name] = Beat(self._clock.wall(), failed, says[:_LONGEST])
        kept = {key: asdict(value) for key, value in self._latest.items() if key in known}
        await self._ledger.save(_STATE, kept)
        return beat
