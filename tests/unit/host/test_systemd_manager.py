"""What is read of a unit while it changes, and while we start it, is nobody's stop."""

import asyncio
from typing import Any

from tests.support.until import until
from vrooli.core.ports.bus import Call, Reply
from vrooli.core.ports.manager import Held
from vrooli.host.clock import SystemClock
from vrooli.host.memory.bus import MemoryBus
from vrooli.host.memory.programs import MemoryPrograms
from vrooli.host.own_stops import OwnStops
from vrooli.host.systemd_journal import Journal
from vrooli.host.systemd_manager import MANAGER, PROPERTIES, UNIT, SystemdManager

ENDED = {"ActiveState": "inactive", "SubState": "dead", "InvocationID": b"\1"}
RUNS = {"ActiveState": "active", "SubState": "running", "InvocationID": b"\2"}


class Systemd(MemoryBus):
    """Knows one unit. `units` are what it says of it, one after the other; it is looked at while it
    is asked to start it.
    """

    def __init__(self, *units: dict[str, Any], service: dict[str, Any]) -> None:
        self.units, self.service = [*units], service
        self.looked: Held | None = None
        path, job = Reply(("/unit",)), Reply(("/job",))
        super().__init__(
            {
                f"{MANAGER}.LoadUnit": lambda _: path,
                f"{MANAGER}.ResetFailedUnit": lambda _: Reply(),
                f"{MANAGER}.Subscribe": lambda _: Reply(),
                f"{MANAGER}.StartUnit": lambda _: job,
                f"{PROPERTIES}.Get": lambda _: Reply(("running",)),
                f"{PROPERTIES}.GetAll": self._all,
            }
        )
        journal = Journal(MemoryPrograms(), user=False)
        self.manager = SystemdManager(self, journal, SystemClock(), OwnStops(None))

    async def call(self, call: Call) -> Reply:
        """See the base."""
        if call.member == "StartUnit":
            self.looked = await self.manager.look("web")
        return await super().call(call)

    def _all(self, call: Call) -> Reply:
        if call.body[0] != UNIT:
            return Reply((self.service,))
        return Reply((self.units.pop(0) if len(self.units) > 1 else self.units[0],))


async def test_a_start_between_two_answers_is_no_stop() -> None:
    """What ended by itself would be told from a stop by times that the next run has set back."""
    ended = {**ENDED, "StateChangeTimestampMonotonic": 100, "ActiveExitTimestampMonotonic": 100}
    runs = {**RUNS, "StateChangeTimestampMonotonic": 200, "ActiveExitTimestampMonotonic": 100}
    systemd = Systemd(ended, runs, service={"ExecMainExitTimestampMonotonic": 0, "MainPID": 7})
    seen = await systemd.manager.look("web")
    assert (seen.phase, seen.pid, seen.asked) == ("running", 7, False)


async def test_one_whose_failure_we_forget_to_start_it_was_not_stopped() -> None:
    """It ended before it was ever active: with its failure forgotten that looks like a stop."""
    systemd = Systemd(ENDED, service={"ExecMainExitTimestampMonotonic": 90})
    assert (await systemd.manager.look("web")).asked
    starting = asyncio.create_task(systemd.manager.start("web"))
    await until(lambda: systemd.looked is not None)
    assert systemd.looked is not None
    assert (systemd.looked.phase, systemd.looked.asked) == ("ended", False)
    starting.cancel()
