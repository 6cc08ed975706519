"""The living descendants of a launch, and signals to all of them."""

from __future__ import annotations

import os
import signal
import time

from vrooli.host.keeper import proc, wire
from vrooli.host.keeper.launches import Launch
from vrooli.host.keeper.proc import Stat
from vrooli.host.keeper.tag import carries

KILL_PATIENCE = 1.0  # seconds that a tree may hold up all others while it is stopped and killed
LOOKS = 5  # that find nobody, while processes come: then nobody it is
SETTLED = 0.1  # seconds without a new process: enough, though one (waiting for a disk) still moves


def members(launch: Launch, marker: str) -> list[Stat]:
    """The recorded process and its descendants that are alive, the recorded one first.

    A process belongs when it is the recorded one, is in its session, carries its tag or its marker,
    or is the child of one that belongs. Nobody who started before the launch does.

    A look takes milliseconds, and one that ends during it hides the child that it has made during
    it. So where nobody is found although processes have come meanwhile, it is looked again.
    """
    found: list[Stat] = []
    for _ in range(LOOKS):
        before = proc.latest_pid()
        found = _look(launch, marker)
        if found or proc.latest_pid() == before:
            break
    return found


def _look(launch: Launch, marker: str) -> list[Stat]:
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
    """Signal all members; the number of processes reached."""
    if number == signal.SIGKILL:
        return _kill(launch, marker)
    return sum(_reach(stat.pid, stat.start_ticks, number) for stat in members(launch, marker))


def _kill(launch: Launch, marker: str) -> int:
    """Kill a tree that may be forking: 1. stop it; 2. kill it; 3. again if somebody slipped by."""
    deadline = time.monotonic() + KILL_PATIENCE
    held: set[tuple[int, int]] = set()
    killed: set[tuple[int, int]] = set()
    while time.monotonic() < deadline:
        _hold(launch, marker, held, deadline)
        killed.update(key for key in held - killed if _reach(*key, signal.SIGKILL))
        if all((stat.pid, stat.start_ticks) in held for stat in members(launch, marker)):
            break
    return len(killed)


def _hold(launch: Launch, marker: str, held: set[tuple[int, int]], deadline: float) -> None:
    """Stop all members, until no new one appears and those that we know stand still.

    Who is within fork(2) when the stop arrives completes it first, so "no new one" alone proves
    nothing.
    """
    changed = time.monotonic()
    while (now := time.monotonic()) < deadline:
        found = members(launch, marker)
        new = [stat for stat in found if (stat.pid, stat.start_ticks) not in held]
        for stat in new:
            held.add((stat.pid, stat.start_ticks))
            _reach(stat.pid, stat.start_ticks, signal.SIGSTOP)
        if new:
            changed = now
        elif all(stat.state in "Tt" for stat in found) or now - changed > SETTLED:
            return
        else:
            time.sleep(0.001)


def _reach(pid: int, start_ticks: int, number: int) -> bool:
    """Like `proc.send`, but one that became another user's must not save the rest of the tree."""
    try:
        return proc.send(pid, start_ticks, number)
    except PermissionError:
        return False
