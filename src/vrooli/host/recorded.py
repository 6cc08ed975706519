"""What a keeper has left running, by its record, while no keeper answers. Reading only."""

import json
from collections.abc import AsyncIterator, Sequence

from vrooli.core.errors import Refused
from vrooli.core.home import Home
from vrooli.core.identity import Identity
from vrooli.core.launch import Exit, Launch, LaunchSpec
from vrooli.core.ports.keeper import CaughtUp, nobody_waits
from vrooli.core.ports.processes import Processes


class RecordedKeeper:
    """Port `Keeper` as far as a file can tell it: what was started and lives on. Everything that
    only a keeper can do is refused.

    Attributes:
        watchdog: the recorded watchdog that lives, hung or unreachable; None when there is none.
        left: whether anything lives.
    """

    def __init__(self, home: Home, processes: Processes) -> None:
        alive = [
            (launch, minded)
            for launch, minded in _read(home)
            if processes.facts(launch.identity) is not None
        ]
        self._services = [launch for launch, minded in alive if not minded]
        self.watchdog = next((launch for launch, minded in alive if minded), None)
        self.left = bool(alive)

    async def launches(self) -> Sequence[Launch]:
        """Those that live, without the watchdog."""
        return self._services

    async def spawn(self, spec: LaunchSpec) -> Launch:
        """Refused."""
        raise _refusal()

    async def signal(self, launch_id: str, signal: int, *, tree: bool = False) -> int:
        """Refused."""
        raise _refusal()

    async def survivors(self, launch_id: str) -> Sequence[Identity]:
        """Refused."""
        raise _refusal()

    def exits(self, after: int = 0, caught_up: CaughtUp = nobody_waits) -> AsyncIterator[Exit]:
        """Refused."""
        raise _refusal()

    async def remembered(self) -> Sequence[Exit]:
        """See the port."""
        raise _refusal()

    async def run(self, spec: LaunchSpec, timeout: float) -> Exit:  # noqa: ASYNC109 -- see the port
        """Refused."""
        raise _refusal()


def _refusal() -> Refused:
    return Refused("no keeper answers, which alone starts and signals", next_step="`vrooli up`")


def _read(home: Home) -> list[tuple[Launch, bool]]:
    """Every launch, and whether it is the watchdog. A record that cannot be read tells of nothing;
    the next keeper sees to it.
    """
    try:
        found = json.loads(home.keeper_record.read_text(encoding="utf-8"))["launches"]
        return [(Launch.from_json(item), bool(item.get("minded"))) for item in found]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
