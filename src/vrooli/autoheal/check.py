"""What a host check is. One file a check, in `checks/`."""

from collections.abc import Callable
from dataclasses import dataclass

from vrooli.core.ports.system import System
from vrooli.core.result import Result, critical, ok, warning
from vrooli.stack.model import Stack, Thresholds


@dataclass(frozen=True, slots=True)
class Facts:
    """What a check may look at.

    Attributes:
        system: the machine.
        stack: what is declared.
        home: the folder whose disk matters.
        cpus: usable processors.
        loop_lag: the watchdog's own worst lateness since the last look, seconds.
    """

    system: System
    stack: Stack
    home: str
    cpus: int
    loop_lag: float


@dataclass(frozen=True, slots=True)
class Check:
    """A host check.

    Attributes:
        id: `category-name`, the file's name with dashes.
        title: for people, short.
        why: why it matters, one sentence.
        category: system, infra or watchdog.
        interval: seconds between looks.
        timeout: seconds for one look.
        unit: of the measured value.
        thresholds: where a value becomes a warning and where critical; None when the check judges
            by itself.
        run: one look; may block, runs in a thread.
    """

    id: str
    title: str
    why: str
    category: str
    interval: float
    unit: str
    thresholds: Thresholds | None
    run: Callable[[Facts, Thresholds | None], Result]
    timeout: float = 10.0


def judge(value: float, unit: str, limits: Thresholds | None, message: str) -> Result:
    """A result for `value` by `limits`: at or above one of them counts."""
    value = round(value, 3)
    if limits is not None and value >= limits.critical:
        return critical(f"{message} (critical from {limits.critical:g} {unit})", value, unit)
    if limits is not None and value >= limits.warning:
        return warning(f"{message} (warning from {limits.warning:g} {unit})", value, unit)
    return ok(message, value, unit)
