"""What systemd says of a unit, as `Held`. Pure; org.freedesktop.systemd1(5) has the properties."""

from collections.abc import Mapping
from typing import Any

from vrooli.core.ports.manager import Held, Phase
from vrooli.host.unit_properties import mark_of, out_of_memory

Properties = Mapping[str, Any]

_PHASES: Mapping[str, Phase] = {
    "active": "running",
    "reloading": "running",
    "refreshing": "running",
    "activating": "starting",
    "deactivating": "stopping",
    "failed": "failed",
    "inactive": "ended",
    "maintenance": "ended",
}

_EXITED, _KILLED, _DUMPED = 1, 2, 3
"""CLD_EXITED, CLD_KILLED, CLD_DUMPED: the values of `ExecMainCode` (waitid(2))."""

_ACTIVE_AT_ONCE = ("simple", "exec")
"""Types of services that are active as soon as their process is there (systemd.service(5))."""

_FOR_EVER = 2**64 - 1
"""How systemd writes `infinity`."""

OVER: tuple[Phase, ...] = ("ended", "failed")


def held(name: str, unit: Properties, service: Properties, stopped: str = "") -> Held:
    """How a unit is.

    Args:
        name: as it is asked for.
        unit: its properties as a unit.
        service: its properties as a service; empty when it is none.
        stopped: the run for which a job was seen that stops it; empty when there was none.
    """
    phase, run = _phase(unit), bytes(unit.get("InvocationID", b"")).hex()
    code, signal = _ending(service) if phase not in ("running", "starting") else (None, None)
    restart = str(service.get("Restart", "no"))
    seen = bool(run) and stopped == run
    frozen = phase == "running" and unit.get("FreezerState") in ("freezing", "frozen")
    asked = frozen or (phase in OVER and (seen or _was_stopped(phase, unit, service)))
    return Held(
        name=name,
        phase=phase,
        run=run,
        pid=int(service.get("MainPID", 0)),
        since=_since(unit, service),
        code=code,
        signal=signal,
        restarts="" if restart == "no" else restart,
        restarted=int(service.get("NRestarts", 0)),
        asked=asked,
        message=_message(phase, unit, service),
        why=out_of_memory(service) if phase in OVER else "",
        mark=mark_of(service.get("Environment", ())),
    )


def _phase(unit: Properties) -> Phase:
    active, sub = str(unit.get("ActiveState")), str(unit.get("SubState"))
    if "auto-restart" in sub:  # also `dead-before-auto-restart` and its like, of systemd 254
        return "restarting"
    phase = _PHASES.get(active, "ended")
    if phase in OVER and _has_job(unit):
        return "starting"  # what is over has no other jobs
    if phase in OVER and unit.get("LoadState") == "not-found":
        return "missing"
    return phase


def _has_job(unit: Properties) -> bool:
    return bool(unit.get("Job", (0, "/"))[0])


def _ending(service: Properties) -> tuple[int | None, int | None]:
    how, status = service.get("ExecMainCode", 0), int(service.get("ExecMainStatus", 0))
    if how == _EXITED:
        return status, None
    return None, status if how in (_KILLED, _DUMPED) else None


def _since(unit: Properties, service: Properties) -> float:
    """Of its main process; of what has none, when it began to become active."""
    began = service.get("ExecMainStartTimestamp") or unit.get("InactiveExitTimestamp") or 0
    return int(began) / 1e6


def _was_stopped(phase: Phase, unit: Properties, service: Properties) -> bool:
    """Whether somebody had it stopped, as far as the unit itself tells.

    What ends by itself has its process end first, and leaves `active` for that; what is stopped
    leaves `active` first. Without a run nothing is known: it never began, or was forgotten.
    """
    if unit.get("LoadState") == "masked":
        return True
    if not unit.get("InvocationID"):
        return False
    result = service.get("Result", "success")
    if phase == "failed":
        return result == "timeout" and _stop_took_too_long(unit, service)
    if result != "success":
        return True  # it would have failed; a stop while it waited for its restart leaves this
    exited = int(service.get("ExecMainExitTimestampMonotonic", 0))
    if _left(unit) < _began(unit) <= exited and service.get("Type") in _ACTIVE_AT_ONCE:
        # It ended before systemd came to call it active: a stop in that moment would have to be
        # answered by a good exit in no time.
        return service.get("ExecMainCode") != _EXITED
    by_itself = 0 < exited <= _left(unit)
    return not by_itself or bool(service.get("RemainAfterExit"))


def _stop_took_too_long(unit: Properties, service: Properties) -> bool:
    """Whether the time that ran out was that of a stop: not that of its start, after which it was
    never active, nor that of its life (`RuntimeMaxSec=`).
    """
    return _began(unit) <= _left(unit) and service.get("RuntimeMaxUSec", _FOR_EVER) == _FOR_EVER


def _began(unit: Properties) -> int:
    """When it was last started, in microseconds."""
    return int(unit.get("InactiveExitTimestampMonotonic", 0))


def _left(unit: Properties) -> int:
    """When it last ceased to be active, perhaps before its last start."""
    return int(unit.get("ActiveExitTimestampMonotonic", 0))


def _message(phase: Phase, unit: Properties, service: Properties) -> str:
    load = str(unit.get("LoadState"))
    if load not in ("loaded", "not-found"):
        why = str(unit.get("LoadError", ("", ""))[1])
        return f"{load}: {why}" if why else load
    if phase == "missing":
        return "systemd knows no such unit"
    told = f"{unit.get('ActiveState')} ({unit.get('SubState')})"
    if unit.get("FreezerState", "running") != "running":
        told += f", {unit['FreezerState']}"
    if phase != "failed":
        return told
    code, signal = _ending(service)
    how = f" {code}" if code else f" {signal}" if signal else ""
    told += f", result {service.get('Result', 'unknown')}{how}"
    if service.get("Restart", "no") != "no":
        told += f"; systemd gave up after {service.get('NRestarts', 0)} restarts"
    return told
