"""Watchdog, server and console: which version each is, how it is, where it listens. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["ok", "warning", "critical", "unknown"]

WATCHDOG, SERVER, CONSOLE = "watchdog", "server", "console"

_STATES: Mapping[str, State] = {
    "ok": "ok",
    "healthy": "ok",
    "warning": "warning",
    "degraded": "warning",
    "critical": "critical",
    "unhealthy": "critical",
}
_RENEWED = {
    WATCHDOG: "`vrooli up` renews the watchdog",
    SERVER: "`vrooli restart server` renews the server",
    CONSOLE: "`vrooli restart console` renews the console",
}


@dataclass(frozen=True, slots=True)
class Program:
    """One of them.

    Attributes:
        name: watchdog, server or console.
        state, says: of its `/health`, or why it did not answer.
        version: of the code that runs; empty where nobody knows.
        listens: its addresses.
        at: unix seconds when it was asked.
        since: unix seconds when it began; None where nobody knows.
    """

    name: str
    state: State
    says: str
    version: str
    listens: tuple[str, ...]
    at: float
    since: float | None = None


def answered(
    name: str, health: Mapping[str, Any], about: Mapping[str, Any], took: float, at: float
) -> Program:
    """One that answered.

    Args:
        name: which it is.
        health: of `GET /health`.
        about: of `GET /about`; empty where that was not to be had.
        took: seconds of the answer.
        at: unix seconds when it was asked.
    """
    status = str(health.get("status") or "unknown")
    missing = [
        str(key) for key, one in (health.get("dependencies") or {}).items() if not one["connected"]
    ]
    without = f", without {', '.join(missing)}" if missing else ""
    since = about.get("started_at")
    return Program(
        name,
        _STATES.get(status, "unknown"),
        f"{_said(status)}answered in {took * 1000:.0f} ms{without}",
        str(about.get("version") or health.get("version") or ""),
        tuple(map(str, about.get("listens") or ())),
        at,
        None if since is None else float(since),
    )


def _said(status: str) -> str:
    """Where it is another word than its state."""
    return "" if status == _STATES.get(status, "unknown") else f"{status}, "


def silent(name: str, why: str, where: str, at: float) -> Program:
    """One that did not answer."""
    return Program(name, "critical", f"does not answer: {why}", "", (where,), at)


def differing(programs: Sequence[Program]) -> str:
    """What is to be said about versions that are not the same; empty when they are."""
    known = {one.name: one.version for one in programs if one.version}
    if len(set(known.values())) < 2:
        return ""
    said = ", ".join(f"{name} {version}" for name, version in known.items())
    newest = max(known.values(), key=_order)
    behind = [_RENEWED[name] for name, version in known.items() if version != newest]
    return f"They are not of one version: {said}. {'; '.join(behind)}."


def agreeing(programs: Sequence[Program]) -> str:
    """The one version of all that are known; empty when they differ, or none is known."""
    known = {one.version for one in programs if one.version}
    return known.pop() if len(known) == 1 else ""


def _order(version: str) -> tuple[tuple[int, str], ...]:
    """For comparing: numbers by their size, other words behind them."""
    return tuple(
        (int(part), "") if part.isascii() and part.isdigit() else (-1, part)
        for part in version.split(".")
    )
