"""The hottest sensor."""

from collections.abc import Iterator

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.ports.files import Files
from vrooli.core.result import Result, not_applicable
from vrooli.stack.model import Thresholds

_HWMON, _ZONES = "/sys/class/hwmon", "/sys/class/thermal"


def _run(look: Look) -> Result:
    found = dict(_sensors(look.facts.files))
    if not found:
        return not_applicable("this machine has no sensors")
    hottest = max(found, key=found.__getitem__)
    message = f"{hottest} has {found[hottest]:.0f} °C, the hottest of {len(found)} sensors"
    return judge(found[hottest], "°C", look.limits, message)


def _sensors(files: Files) -> Iterator[tuple[str, float]]:
    """Degrees by name; sysfs tells thousandths (Documentation/hwmon/sysfs-interface.rst)."""
    for chip in files.names(_HWMON):
        label = procfs.text(files, f"{_HWMON}/{chip}/name") or chip
        for name in files.names(f"{_HWMON}/{chip}"):
            if name.startswith("temp") and name.endswith("_input"):
                for value in procfs.numbers(files, f"{_HWMON}/{chip}/{name}")[:1]:
                    yield f"{label} {name.removesuffix('_input')}", value / 1000
    for zone in files.names(_ZONES):
        label = procfs.text(files, f"{_ZONES}/{zone}/type") or zone
        for value in procfs.numbers(files, f"{_ZONES}/{zone}/temp")[:1]:
            yield label, value / 1000


CHECK = Check(
    id="system-temperature",
    title="Temperature",
    why="A hot machine slows down first, then switches itself off.",
    category="system",
    interval=30.0,
    unit="°C",
    thresholds=Thresholds(warning=85.0, critical=95.0),
    run=_run,
)
