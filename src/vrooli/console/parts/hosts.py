"""Hosts of the fleet, and servers of this stack: what is known of each. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vrooli.console.parts.standing import Level, first_line, listed, standing

SILENT = 120.0
"""Seconds without a sign of life after which a host counts as silent, as the check `fleet-hosts`
has it."""

PROBLEMS = 3
"""Of a host that are shown."""


@dataclass(frozen=True, slots=True)
class Host:
    """One host.

    Attributes:
        name: by which it posts.
        level, word: how it is.
        seen: unix seconds of its last sign of life; 0 for never.
        problems: what it says is wrong, a line each.
        stack, version: what runs there.
        behind: records that it has not posted yet.
    """

    name: str
    level: Level
    word: str
    seen: float
    problems: tuple[str, ...] = ()
    stack: str = ""
    version: str = ""
    behind: int = 0


@dataclass(frozen=True, slots=True)
class Server:
    """One server or worker of this stack."""

    name: str
    level: Level
    word: str
    url: str
    message: str


_WORDS: Mapping[str, tuple[Level, str]] = {
    "ok": ("ok", "healthy"),
    "warning": ("warning", "has warnings"),
    "critical": ("critical", "something is down there"),
    "unknown": ("unknown", "does not know how it is"),
}
_ORDER: Mapping[str, int] = {"silent": 0, "critical": 1, "warning": 2, "unknown": 3, "ok": 4}


def hosts(rows: Iterable[Mapping[str, Any]]) -> list[Host]:
    """Of `GET /hosts`: silent ones first, then the worst; revoked ones last."""
    found = [(_rank(row), _host(row)) for row in rows]
    return [host for _, host in sorted(found, key=lambda one: (one[0], one[1].name))]


def servers(status: Mapping[str, Any], checks: Iterable[Mapping[str, Any]]) -> list[Server]:
    """The services of kind `server` and `worker`."""
    ids = {str(one["id"]) for one in checks if one["kind"] in ("server", "worker")}
    mine = [one for one in status.get("services", ()) if f"{one['kind']}-{one['name']}" in ids]
    found = [(standing(one), str(one.get("url") or "")) for one in mine]
    return [Server(one.name, one.level, one.word, url, one.message) for one, url in found]


def away(found: list[Server]) -> str:
    """Why the server does not answer, as far as the watchdog knows it, in a sentence."""
    down = [one for one in found if one.level != "ok"]
    if not down:
        return "The server does not answer, though its own checks are well."
    return " ".join(f"{one.name}: {one.word}." for one in down)


def summary(found: list[Host]) -> tuple[Level, str]:
    """All hosts in one sentence."""
    posting = [one for one in found if one.level != "off"]
    silent = [one.name for one in posting if one.word == _SILENT]
    new = [one.name for one in posting if one.word == _NEVER]
    sick = [one.name for one in posting if one.name not in new and one.level != "ok"]
    if silent:
        return "critical", f"{listed(silent)} {'is' if len(silent) == 1 else 'are'} silent."
    if sick:
        worst: Level = "critical" if any(one.level == "critical" for one in posting) else "warning"
        return worst, f"Something is wrong on {listed(sick)}."
    if new:
        return "warning", f"Nothing was ever heard of {listed(new)}."
    if not posting:
        return "unknown", "No other host posts here."
    return "ok", "All hosts are healthy." if len(posting) > 1 else f"{posting[0].name} is healthy."


_SILENT = "silent"
_NEVER = "was never heard"


def _rank(row: Mapping[str, Any]) -> int:
    if row.get("revoked_at"):
        return 9
    return 0 if _is_silent(row) else _ORDER[str(row.get("status") or "unknown")]


def _is_silent(row: Mapping[str, Any]) -> bool:
    return not row.get("last_seen") or float(row["silent"]) >= SILENT


def _host(row: Mapping[str, Any]) -> Host:
    level, word = _level(row)
    said = row.get("problems") or ()
    problems = [f"{one['name']}: {first_line(str(one['message']))}" for one in said[:PROBLEMS]]
    if len(said) > PROBLEMS:
        problems.append(f"and {len(said) - PROBLEMS} more")
    return Host(
        str(row["name"]),
        level,
        word,
        float(row.get("last_seen") or 0.0),
        tuple(problems),
        str(row.get("stack") or ""),
        str(row.get("version") or ""),
        int(row.get("behind") or 0),
    )


def _level(row: Mapping[str, Any]) -> tuple[Level, str]:
    if row.get("revoked_at"):
        return "off", "may post no more"
    if row.get("unheard"):
        return "unknown", "not heard since the server was away"
    if not row.get("last_seen"):
        return "warning", _NEVER
    if _is_silent(row):
        return "critical", _SILENT
    return _WORDS[str(row.get("status") or "unknown")]
