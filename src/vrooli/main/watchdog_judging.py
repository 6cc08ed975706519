"""What the watchdog's judgement works with: gates, and suspicion of ourselves."""

from vrooli.autoheal.canary import Canary
from vrooli.autoheal.gate import Around, Gates
from vrooli.autoheal.history import History
from vrooli.autoheal.lag import LoopLag
from vrooli.autoheal.suspicion import Suspicion
from vrooli.core.address import HostPort
from vrooli.core.ports.system import System
from vrooli.host.readfiles import LocalFiles
from vrooli.host.resolver import SystemResolver
from vrooli.host.routes import KernelRoutes
from vrooli.stack.runtime import Context


def suspicion_for(context: Context, lag: LoopLag, history: History) -> Suspicion:
    """How looks are weighed."""

    def api() -> HostPort:
        settings = context.stack.autoheal
        return HostPort(settings.host, settings.port)

    tools = context.tools
    canary = Canary(LocalFiles(), KernelRoutes(), SystemResolver(), tools.streams, api)
    return Suspicion(lag, canary, lambda: history.health().error, tools.clock)


def gates_for(context: Context, system: System, lag: LoopLag) -> Gates:
    """What may speak against a restart."""
    place = context.tools.place

    def memory_of(name: str) -> int:
        launch = context.launches.get(name)
        return context.processes.tree_memory(launch.identity.pid) if launch is not None else 0

    return Gates(
        Around(
            system=system,
            files=LocalFiles(),
            home=place.home,
            cpus=place.machine.cpus,
            steps=lag.steps,
            memory_of=memory_of,
        )
    )
