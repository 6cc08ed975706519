"""Units of systemd that have failed."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from vrooli.autoheal.check import Check, Look
from vrooli.core.errors import ProtocolError
from vrooli.core.ports.bus import Call
from vrooli.core.result import Result, critical, not_applicable, ok, warning
from vrooli.stack.unit_names import valid_unit

_SYSTEMD, _BUS = "/run/systemd/system", "/run/dbus/system_bus_socket"
_NAME, _OBJECT = "org.freedesktop.systemd1", "/org/freedesktop/systemd1"
_FAILED = Call(_NAME, _OBJECT, f"{_NAME}.Manager", "ListUnitsFiltered", "as", (["failed"],))
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Units:
    """Keys of `system-units`.

    Attributes:
        ignore: units that may fail, by name; `*` stands for anything.
        needed: units that must not fail: `critical`, where others are a `warning`, and what the
            action `restart-units` restarts.
    """

    ignore: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong = [name for name in self.needed if not valid_unit(name)]
        if wrong:
            raise ValueError(f"`needed`: {wrong[0]!r} is no unit's name, like `nginx.service`")


async def _run(look: Look) -> Result:
    files = look.facts.files
    if files.facts(_SYSTEMD) is None:
        return not_applicable("systemd is not this machine's process 1")
    if files.facts(_BUS) is None:
        return not_applicable("there is no system bus here, over which systemd could be asked")
    reply = await look.facts.bus.call(_FAILED)
    if not reply.ok:
        raise ProtocolError(f"systemd says: {reply.said}", where=_NAME)
    options: Units = look.options
    services = look.facts.stack.services.values()
    ours = {service.held for service in services if service.runtime == "systemd"}
    names = sorted({str(row[0]) for row in reply.body[0]} - ours)  # those have checks of their own
    failed = [name for name in names if not any(fnmatchcase(name, x) for x in options.ignore)]
    needed = [name for name in failed if name in options.needed]
    if not failed:
        return ok("no unit has failed", 0, "units")
    say = critical if needed else warning
    told = _listed(needed + [name for name in failed if name not in needed])
    return say(f"failed: {told}", len(failed), "units", failed=failed, needed=needed)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


CHECK = Check(
    id="system-units",
    title="Failed units",
    why="A unit that has failed does not do its work, and systemd says so to nobody.",
    category="system",
    interval=30.0,
    unit="units",
    thresholds=None,
    run=_run,
    options=Units,
    ladder=("restart-units",),
)
