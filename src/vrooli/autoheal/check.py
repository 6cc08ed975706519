"""What a check of the machine is. One file a check, in `checks/`; services bring their own."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.autoheal.beats import Beat
from vrooli.autoheal.protection import Protection
from vrooli.core.ports.bus import Bus
from vrooli.core.ports.files import Files
from vrooli.core.ports.processes import Processes
from vrooli.core.ports.resolver import Resolver
from vrooli.core.ports.system import System
from vrooli.core.result import Result, critical, ok, warning
from vrooli.core.status import Status
from vrooli.stack.kind import NoOptions, ProbeTools
from vrooli.stack.model import CheckSettings, Service, Stack, Thresholds


@dataclass(frozen=True, slots=True)
class Facts:
    """What every look may look at.

    Attributes:
        system, files, processes, resolver: the machine.
        bus: the system's D-Bus.
        tools: streams, secrets, the keeper and the clock, as probes of services have them.
        stack: what is declared.
        home: the folder whose disk matters.
        cpus: usable processors.
        beats: what reported in by itself, by the check's id.
        loop_lag: the watchdog's own worst lateness since the last look, seconds.
        protection: looks whether the operating system would bring the stack back; blocks.
        ping_trouble: why the ping outward does not arrive; empty when it does, or none is sent.
    """

    system: System
    files: Files
    processes: Processes
    resolver: Resolver
    bus: Bus
    tools: ProbeTools
    stack: Stack
    home: str
    cpus: int
    loop_lag: float
    protection: Callable[[], Protection]
    beats: Mapping[str, Beat] = field(default_factory=dict)
    ping_trouble: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """One look.

    Attributes:
        facts: the machine.
        id: of the check that looks.
        limits: thresholds in force; None when the check judges by itself.
        options: the check's own keys, as its dataclass, of a check that has any.
        service: the resource that it is about, of a check that has one.
        before: the look before this one; rates are the difference of what both found.
    """

    facts: Facts
    id: str = ""
    limits: Thresholds | None = None
    options: Any = None
    service: Service | None = None
    before: Result | None = None

    @property
    def resource(self) -> Service:
        """The resource that it is about, of a check with `of`."""
        assert self.service is not None
        return self.service


def nobody(_: Look) -> str:
    """The peer of a check that asks nobody across a network."""
    return ""


def everywhere(stack: Stack, settings: CheckSettings) -> str:
    """Of a check that has a meaning in every stack."""
    return ""


@dataclass(frozen=True, slots=True)
class Check:
    """The definition of a check.

    Attributes:
        id: `category-name`, the file's name with dashes.
        title: for people, short.
        why: why it matters, one sentence.
        category: infra, system, resource, endpoint, watchdog, job or own.
        interval: seconds between looks.
        unit: of the measured value.
        thresholds: where a value becomes a warning and where critical; None when the check judges
            by itself.
        run: one look. A plain function may block and runs in a thread, a coroutine must not.
        timeout: seconds for one look.
        platforms: beginnings of `sys.platform` where it means anything.
        options: a dataclass of the keys that only this check knows.
        of: the kind of resource that it looks at: one check for each of them.
        declared: it only looks where `[checks.NAME]` declares one, by `kind`.
        several: further ones of it can be declared like that, under other names.
        only: why it means nothing in a stack, under its settings there; empty when it does.
        silence: what it means that a peer cannot be reached or does not answer in time.
        ladder: recovery actions, mildest first; none of a machine that is only observed.
        peer: the host that it asks across a network, as a name or an address; empty for none.
        asks: the kind of the resource that its key `resource` names; empty for none.
        recalls: whether it judges by what was written down here earlier.
    """

    id: str
    title: str
    why: str
    category: str
    interval: float
    unit: str
    thresholds: Thresholds | None
    run: Callable[[Look], Result | Awaitable[Result]]
    timeout: float = 10.0
    platforms: tuple[str, ...] = ("linux",)
    options: type = NoOptions
    of: str = ""
    declared: bool = False
    several: bool = False
    only: Callable[[Stack, CheckSettings], str] = everywhere
    silence: Status = Status.UNKNOWN
    ladder: tuple[str, ...] = ()
    peer: Callable[[Look], str] = nobody
    asks: str = ""
    recalls: bool = False

    def absent(self) -> str:
        """Why there is none to look at, when the stack has none."""
        if not sys.platform.startswith(self.platforms):
            return f"this is {sys.platform}; it means something on {', '.join(self.platforms)}"
        if self.of:
            return f'there is no resource of kind "{self.of}"'
        return f'none is declared: [checks.NAME] with kind = "{self.id}"'


def judge(value: float, unit: str, limits: Thresholds | None, message: str, **facts: Any) -> Result:
    """A result for `value` by `limits`: one that is reached counts."""
    value = round(value, 3)
    if limits is not None and _reached(value, limits.critical, limits):
        return critical(_against(message, "critical", limits.critical, unit), value, unit, **facts)
    if limits is not None and _reached(value, limits.warning, limits):
        return warning(_against(message, "warning", limits.warning, unit), value, unit, **facts)
    return ok(message, value, unit, **facts)


def _reached(value: float, limit: float, limits: Thresholds) -> bool:
    return value <= limit if limits.downward else value >= limit


def _against(message: str, word: str, limit: float, unit: str) -> str:
    return f"{message} ({word} from {limit:g} {unit})".replace(" )", ")")
