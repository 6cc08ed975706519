"""What the Docker Engine says of a container, as what any manager says. Pure."""

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from vrooli.core.ports.manager import Held, Phase

DECIDED = 3.0
"""Seconds after the end in which `docker stop` may still say that it was one: it sends a signal by
way of the Engine, waits for the end, and tells last."""

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")
_NEVER = "0001-"
_SIGNALLED = 128
_LAST_SIGNAL = 64
_LONGEST = 200


class Story:
    """What happened in the latest run of a container, by events in their order.

    Args:
        events: as the Engine tells them.
        ours: how many signals to it we asked for ourselves in that run.

    Attributes:
        asked: whether somebody had it stopped.
        signalled: whether somebody else asked the Engine for a signal to it, as `docker stop` does.
    """

    def __init__(self, events: Sequence[Mapping[str, Any]], ours: int = 0) -> None:
        self.asked, signals = False, 0
        for event in events:
            action = str(event.get("Action", ""))
            if action == "start":
                self.asked, signals = False, 0
            elif action == "kill":
                signals += 1
            elif action == "stop":
                self.asked = True
        self.signalled = signals > ours

    def decided(self, ended: float, now: float) -> bool:
        """Whether it can be told at `now` why it ended at `ended`, Unix seconds."""
        return self.asked or not self.signalled or now - ended >= DECIDED


def missing(name: str, story: Story) -> Held:
    """There is no such container, or no more."""
    return Held(name, "missing", asked=story.asked, message="there is no such container")


def has_ended(told: Mapping[str, Any]) -> bool:
    """Whether it ran, and does not run any more: then `held` wants its story."""
    return str(told["State"]["Status"]) in ("exited", "dead", "removing") and bool(run(told))


def held(name: str, told: Mapping[str, Any], story: Story, now: float) -> Held:
    """A container as `GET /containers/NAME/json` tells it.

    Raises:
        KeyError, TypeError, ValueError: it tells something else.
    """
    state = told["State"]
    phase = _phase(state, story, now)
    over = phase not in ("running", "starting") and bool(run(told))
    code, signal = _end(int(state["ExitCode"])) if over else (None, None)
    return Held(
        name=name,
        phase=phase,
        run=run(told),
        pid=int(state["Pid"]),
        since=unix(str(state["StartedAt"])),
        code=code,
        signal=signal,
        restarts=_policy(told["HostConfig"].get("RestartPolicy") or {}),
        restarted=int(told.get("RestartCount") or 0),
        asked=(story.asked and over) or _is_paused(state),
        message=_message(state, code, signal),
        healthy={"healthy": True, "unhealthy": False}.get(_health(state)),
    )


def run(told: Mapping[str, Any]) -> str:
    """Which run of it this is; empty before the first."""
    started = str(told["State"]["StartedAt"])
    return "" if started.startswith(_NEVER) else f"{str(told['Id'])[:12]}-{started}"


def unix(text: str) -> float:
    """Unix seconds of a time of RFC 3339; 0.0 for that before the first start.

    Raises:
        ValueError: it is none.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no time")
    if text.startswith(_NEVER):
        return 0.0
    zone = "+00:00" if found[3] == "Z" else found[3]
    whole = datetime.datetime.fromisoformat(found[1] + zone).timestamp()
    return whole + float(found[2] or 0)


def _phase(state: Mapping[str, Any], story: Story, now: float) -> Phase:
    status = str(state["Status"])
    if status in ("running", "paused"):
        return "starting" if _health(state) == "starting" else "running"
    if status == "restarting":
        return "restarting"
    if status == "created":
        return "ended"
    if not story.decided(unix(str(state["FinishedAt"])), now):
        return "stopping"
    return "failed" if int(state["ExitCode"]) else "ended"


def _is_paused(state: Mapping[str, Any]) -> bool:
    return str(state["Status"]) == "paused"


def _end(code: int) -> tuple[int | None, int | None]:
    """Code and signal: runc reports the end by signal N as code 128 + N, as shells do."""
    number = code - _SIGNALLED
    return (None, number) if 0 < number <= _LAST_SIGNAL else (code, None)


def _policy(policy: Mapping[str, Any]) -> str:
    name = str(policy.get("Name") or "no")
    most = int(policy.get("MaximumRetryCount") or 0)
    return "" if name == "no" else f"{name}:{most}" if most else name


def _health(state: Mapping[str, Any]) -> str:
    return str((state.get("Health") or {}).get("Status") or "")


def _message(state: Mapping[str, Any], code: int | None, signal: int | None) -> str:
    if state.get("OOMKilled") and (code or signal):
        return "it ran out of memory"
    if state.get("Error"):
        return _line(str(state["Error"]))
    if signal is not None:
        return f"killed by signal {signal}"
    if code is not None:
        return f"exited with code {code}"
    if _is_paused(state):
        return "paused"
    return _line(_last_look(state)) if _health(state) == "unhealthy" else ""


def _last_look(state: Mapping[str, Any]) -> str:
    looks = state["Health"].get("Log") or [{}]
    return str(looks[-1].get("Output") or "")


def _line(text: str) -> str:
    said = " ".join(text.split())
    return "".join(c for c in said if c.isprintable())[:_LONGEST]
