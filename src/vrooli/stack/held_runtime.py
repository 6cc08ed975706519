"""Base of the runtimes that a manager of services runs for us: a container, a unit. Starting and
stopping is asked of the manager, and it is the first to heal what ended.
"""

from typing import ClassVar

from vrooli.core.errors import Refused, StartFailed, VrooliError
from vrooli.core.ports.manager import Held, Manager
from vrooli.core.result import Result, critical, ok, starting, unknown
from vrooli.stack.held import SILENCE, ask, said
from vrooli.stack.kind import Kind
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Service
from vrooli.stack.probe import probe
from vrooli.stack.progress import Report, Step
from vrooli.stack.runtime import FOREGROUND, Context, Runtime

ALIVE_SECONDS = 1.0
"""How long one without any health check must stay alive to count as started, as for our own."""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
"""Seconds between looks while it starts."""

LOG_LINES = 20

_SERVING = ("running", "starting")

_STILL = "it stands still, as somebody asked for: "


class HeldRuntime(Runtime):
    """Asks a manager.

    Attributes:
        manager: what it is called, to people.
        thing: what it holds.
        stop_command, start_command: by which people end and start one by hand.
        revive: what people can do when it does not answer.
    """

    manager: ClassVar[str]
    thing: ClassVar[str]
    stop_command: ClassVar[str]
    start_command: ClassVar[str]
    revive: ClassVar[str]

    async def start(self, service: Service, context: Context, report: Report) -> Result:
        """See the base. What its manager is about to start again by itself is waited for."""
        if not service.managed:
            return await self.await_health(service, context)
        held = await self._known(service, context)
        if held.phase == "missing":
            raise Refused(
                f"there is no {self.thing} `{service.held}`",
                where=service.name,
                next_step=f"make it, or correct its name in vrooli.toml: {self.manager} starts "
                "only what it knows",
                retryable=True,
            )
        report(Step(service.name, "starting"))
        logged = self._logged(service, context)
        if held.phase not in (*_SERVING, "restarting"):
            await self._begin(service, context, report)
        try:
            return await self._until_healthy(service, context, logged)
        except StartFailed:
            await self.stop(service, context)
            raise

    async def _begin(self, service: Service, context: Context, report: Report) -> None:
        """Have it started; what is done before that is told to `report`."""
        await self._manager(context).start(service.held)

    def check(self, service: Service, context: Context) -> None:
        """Its manager knows how it is started."""

    async def await_health(self, service: Service, context: Context) -> Result:
        """See the base."""
        return await self._until_healthy(service, context)

    async def stop(self, service: Service, context: Context) -> None:
        """See the base: its manager does it, and kills after `stop_timeout`."""
        held = await self._known(service, context)
        if held.phase not in ("ended", "failed", "missing"):
            await self._manager(context).stop(service.held, service.stop_timeout)
            await self._known(service, context)  # so that its end is no news to anybody
        context.launches.pop(service.name, None)

    def running(self, service: Service, context: Context) -> bool:
        """As its manager said last."""
        launch = context.launches.get(service.name)
        return launch is not None and context.exits.get(launch.launch_id) is None

    def in_hand(self, service: Service, context: Context) -> str:
        """As its manager said last."""
        held = context.held.get(service.name)
        if held is None or not held.asked:
            return ""
        return _STILL + held.message if held.phase in _SERVING else f"`{self.stop_command}`"

    async def look(self, service: Service, context: Context) -> Result:
        """See the base. A manager that does not answer says nothing about the service: when nobody
        else says that it is well, nobody knows.
        """
        try:
            held = await ask(service, context)
        except SILENCE as error:
            own = await probe(service, context.tools) if _has_probe(service) else None
            if own is not None and own.healthy:
                return own
            return unknown(f"{self.manager} does not answer: {said(error)}")
        if held.phase not in _SERVING:
            return self._absent(held)
        if held.asked:
            return unknown(_STILL + held.message)
        if self._is_stopped(service, context):
            return critical("its process is stopped (state T)", stopped=True)
        if _has_probe(service):
            return await probe(service, context.tools)
        return self._by_manager(held)

    async def signal(
        self, service: Service, context: Context, number: int, *, tree: bool = False
    ) -> None:
        """See the base; what the main process started is its manager's matter."""
        await self._manager(context).signal(service.held, number)

    async def _until_healthy(self, service: Service, context: Context, logged: int = 0) -> Result:
        clock = context.tools.clock
        began, pause = clock.monotonic(), FIRST_PAUSE
        while True:
            result = await self.look(service, context)
            if service.name in context.silent:
                raise self._silent(service, context.silent[service.name])
            if by := self.in_hand(service, context):
                raise Refused(
                    f"somebody else has it in hand: {by}",
                    where=service.name,
                    next_step=f"`vrooli start {service.name}` has it run again",
                )
            held = context.held[service.name]
            if held.phase in ("ended", "failed", "missing"):
                raise await self._failed(service, context, result.message, logged)
            lasted = clock.monotonic() - began
            proven = _has_probe(service) or held.healthy or lasted >= ALIVE_SECONDS
            if result.healthy and proven:
                return result
            if lasted >= service.start_timeout and not result.details.get("patient"):
                what = f"not healthy after {service.start_timeout:g} s: {result.message}"
                raise await self._failed(service, context, what, logged)
            await clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.3)

    async def _failed(
        self, service: Service, context: Context, what: str, logged: int
    ) -> StartFailed:
        try:
            lines = await self._last_lines(service, context, logged)
        except VrooliError:  # the failure is worth more than its log
            lines = []
        shown = "".join(f"\n  | {line}" for line in lines)
        advice = f"`vrooli logs {service.name}` shows more"
        held = context.held.get(service.name)
        if service.is_made and held is not None and held.phase == "ended":
            advice = FOREGROUND
        return StartFailed(what + shown, where=service.name, next_step=advice, retryable=True)

    def _logged(self, service: Service, context: Context) -> int:
        """Bytes that it logged before, where they are for us to count."""
        return 0

    async def _last_lines(self, service: Service, context: Context, logged: int) -> list[str]:
        """That it logged, since then."""
        return await self._manager(context).tail(service.held, LOG_LINES)

    async def _known(self, service: Service, context: Context) -> Held:
        try:
            return await ask(service, context)
        except SILENCE as error:
            raise self._silent(service, said(error), error.next_step) from error

    def _silent(self, service: Service, why: str, next_step: str = "") -> Refused:
        return Refused(
            f"{self.manager} does not answer: {why}",
            where=service.name,
            next_step=next_step or f"{self.revive}; it goes on when that answers again",
            retryable=True,
        )

    def _manager(self, context: Context) -> Manager:
        return context.managers[self.name]

    def _absent(self, held: Held) -> Result:
        details = f": {held.message}" if held.message else ""
        if held.phase == "restarting":
            return starting(f"{self.manager} is starting it again{details}")
        if held.phase == "stopping":
            return starting(f"it is about to end{details}")
        if held.phase == "missing":
            return critical(f"there is no {self.thing} `{held.name}`")
        return critical(f"it is not running{details}")

    def _by_manager(self, held: Held) -> Result:
        if held.healthy is False:
            return critical(f"{self.manager} says that it is unhealthy{_dash(held)}")
        if held.phase == "starting":
            # It leaves this state by itself, after as many looks of its own as were declared to it.
            return starting(f"{self.manager} has not seen it healthy yet", patient=True)
        if held.healthy:
            return ok(f"{self.manager} says that it is healthy")
        return ok("no probe: that it runs is what counts")

    def _is_stopped(self, service: Service, context: Context) -> bool:
        launch = context.launches.get(service.name)
        facts = context.processes.facts(launch.identity) if launch is not None else None
        return facts is not None and facts.stopped


def _dash(held: Held) -> str:
    return f": {held.message}" if held.message else ""


def _has_probe(service: Service) -> bool:
    """Whether anybody but its manager can say how it is."""
    if service.health.type == "kind":
        return type(kind_of(service)).probe is not Kind.probe
    return service.health.type != "process"
