"""Concrete classes for the ports of `stack`: the same for the watchdog and for commands that act
without one.
"""

from collections.abc import Mapping

from vrooli.core.home import Home
from vrooli.core.machine import Machine
from vrooli.core.ports.keeper import Keeper
from vrooli.host.clock import SystemClock
from vrooli.host.execute import LocalExecutor
from vrooli.host.processes import LocalProcesses
from vrooli.host.secrets import FileSecrets
from vrooli.host.streams import AsyncioStreams
from vrooli.main.managers import Managers
from vrooli.stack.kind import Place, ProbeTools
from vrooli.stack.model import Stack
from vrooli.stack.runtime import Context


def context_for(
    stack: Stack,
    home: Home,
    machine: Machine,
    keeper: Keeper,
    environment: Mapping[str, str],
) -> Context:
    """What runtimes and probes work with on this machine."""
    place = Place(home, machine, FileSecrets(home.secrets, environment))
    tools = ProbeTools(place, AsyncioStreams(), keeper, SystemClock())
    context = Context(
        stack=stack,
        tools=tools,
        processes=LocalProcesses(),
        executor=LocalExecutor(keeper),
        environment=environment,
    )
    context.managers = Managers(lambda: context.stack, tools.streams, tools.clock, home)
    return context
