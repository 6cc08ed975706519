"""The living descendants of a launch, and signals to all of them."""

from __future__ import annotations

import os
import signal
import time

from vrooli.host.keeper import proc, wire
from vrooli.host.keeper.launches import Launch
from vrooli.host.keeper.proc import Stat
from vrooli.host.keeper.tag import carries

KILL_PATIENCE = 1.0  # seconds of stopping what is new, then we kill what we have: others wait


def members(launch: Launch, marker: str) -> list[Stat]:
    """The recorded process and its descendants that are alive, the recorded one first.

    A process belongs when it is the recorded one, is in its session, carries its tag or its marker,
    or is the child of one that belongs. Nobody who started before the launch does.
    """
    processes = proc.all_stats()
    leader = processes.get(launch.pid)
    if leader is not None and leader.start_ticks != launch.start_ticks:
        leader = None
        # The kernel reuses a number only when no session of that number is left.
        launch.session_over = True
    own = os.getpid()
    candidates = {
        pid: stat
        for pid, stat in processes.items()
        if stat.start_ticks >= launch.start_ticks and stat.alive and pid not in (1, own)
    }
    chosen = {
        pid: stat
        for pid, stat in candidates.items()
        if stat is leader or (stat.session == launch.pid and not launch.session_over)
    }
    _add_children(chosen, candidates)
    _add_marked(chosen, candidates, launch.tag, marker)
    _add_children(chosen, candidates)
    return sorted(chosen.values(), key=lambda stat: (stat is not leader, stat.start_ticks))


def _add_children(chosen: dict[int, Stat], candidates: dict[int, Stat]) -> None:
    grown = bool(chosen)
    while grown:
        children = {
            pid: stat
            for pid, stat in candidates.items()
            if pid not in chosen and stat.ppid in chosen
        }
        chosen.update(children)
        grown = bool(children)


def _add_marked(
    chosen: dict[int, Stat], candidates: dict[int, Stat], tag: int, marker: str
) -> None:
    assignment = f"{wire.MARKER}={marker}".encode()
    for pid, stat in candidates.items():
        if pid in chosen:
            continue
        if carries(pid, tag) or proc.environment_holds(pid, assignment):
            chosen[pid] = stat


def session_is_over(launch: Launch, processes: dict[int, Stat]) -> bool:
    """Whether nobody is left in the session that an ended launch had led."""
    return not any(stat.session == launch.pid and stat.alive for stat in processes.values())


def signal_tree(launch: Launch, marker: str, number: int) -> int:
    """Signal all members; the number of processes reached.

    KILL first stops them, round after round until no new one appears: a tree that forks while it is
    killed would outlive it otherwise.
    """
    if number != signal.SIGKILL:
        return sum(_reach(stat.pid, stat.start_ticks, number) for stat in members(launch, marker))
    held: dict[tuple[int, int], Stat] = {}
    deadline = time.monotonic() + KILL_PATIENCE
    while time.monotonic() < deadline:
        new = [stat for stat in members(launch, marker) if (stat.pid, stat.start_ticks) not in held]
        if not new:
            break
        for stat in new:
            held[stat.pid, stat.start_ticks] = stat
            _reach(stat.pid, stat.start_ticks, signal.SIGSTOP)
    return sum(_reach(pid, start, number) for pid, start in held)


def _reach(pid: int, start_ticks: int, number: int) -> bool:
    """Like `proc.send`, but one that became another user's must not save the rest of the tree."""
    try:
        return proc.send(pid, start_ticks, number)
    except PermissionError:
        return False
