"""What the settings tell, out of what watchdog and console say. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.console.settings import ConsoleSettings

_SEVERAL = ("services", "checks", "jobs", "maintenance")
_WORDS = {
    "ok": "The stack comes back after a reboot.",
    "warning": "The stack comes back after a reboot, with reservations.",
    "critical": "The stack does not come back after a reboot.",
    "unknown": "Nobody can tell whether the stack comes back after a reboot.",
}


@dataclass(frozen=True, slots=True)
class Boot:
    """What the operating system does.

    Attributes:
        status: of a check.
        verdict: in words.
        unit: what starts it; empty where nothing does.
        problems: what is wrong, and what to do, each.
        last: unix seconds, and the seconds it took, of the latest boot; None where none was seen.
    """

    status: str
    verdict: str
    unit: str
    problems: tuple[tuple[str, str], ...]
    last: tuple[float, float] | None


def boot_of(said: Mapping[str, Any]) -> Boot:
    """Of `GET /boot`."""
    status, last = str(said["status"]), said.get("last_boot")
    unit = f"{said['unit']} ({said['manager']}, {said['scope']})" if said["installed"] else ""
    return Boot(
        status,
        _WORDS.get(status, _WORDS["unknown"]),
        unit,
        tuple((str(one["what"]), str(one["next_step"])) for one in said["problems"]),
        (float(last["at"]), float(last["seconds"])) if last else None,
    )


@dataclass(frozen=True, slots=True)
class Channel:
    """Somebody who is told.

    Attributes:
        name: of the channel.
        url: where; a reference where it holds a secret.
        told: for what; of everything where nothing is said.
        second: who stands in for it.
    """

    name: str
    url: str
    told: str
    second: str


def channels_of(stack: Mapping[str, Any]) -> list[Channel]:
    """Of `GET /stack`."""
    return [
        Channel(
            name, str(one["url"]), ", ".join(one["severities"]) or "everything", str(one["second"])
        )
        for name, one in stack["notify"]["channels"].items()
    ]


def blocks_of(stack: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and JSON of every part of the stack."""
    whole = {key: value for key, value in stack.items() if key not in _SEVERAL}
    plain = {key: value for key, value in whole.items() if not isinstance(value, Mapping)}
    parts: list[tuple[str, Any]] = [("stack", plain)]
    parts += [(key, value) for key, value in whole.items() if key not in plain]
    for several in _SEVERAL:
        parts += [(f"{several}.{name}", one) for name, one in stack.get(several, {}).items()]
    return [(name, json.dumps(value, indent=2, ensure_ascii=False)) for name, value in parts]


def own_of(settings: ConsoleSettings) -> list[tuple[str, str]]:
    """What the console is told, as pairs of word and value."""
    port = settings.port
    return [
        ("further addresses", ", ".join(settings.origins) or "none (VROOLI_ORIGINS)"),
        ("proxies", ", ".join(map(str, settings.proxies)) or "none (VROOLI_PROXIES)"),
        ("from elsewhere", f"ssh -L {port}:{settings.host}:{port} USER@HOST"),
        ("status page", "open to everybody" if settings.public_status else "for the signed-in"),
        ("watchdog", str(settings.watchdog)),
        ("server", str(settings.server) if settings.server else "none: health alone is shown"),
    ]


def results_of(results: Sequence[Mapping[str, Any]]) -> str:
    """What came of a test of channels."""
    return "; ".join(
        f"{one['channel']}: {'delivered' if one['ok'] else 'failed'} in {one['seconds']:.1f} s"
        + (f" ({one['answer']})" if one["answer"] else "")
        for one in results
    )
