"""A hundred swarms that wait for a person, a message, an approval or a time far away: what they
cost the server and its PostgreSQL, beside the same time without any, by turns; and whether all are
there and go on after the server was killed, and after a restart of the stack.
"""

import os
import signal
import time
from typing import Any

import psutil

from bench._arguments import rounds_wanted
from bench._figures import machine, percentile, say
from bench._lab import lab, wait
from bench._ours import Ours
from tests.support.ports import free_port
from vrooli.client.api import bearer_of_file
from vrooli.client.swarms import SwarmClient
from vrooli.core.address import HostPort
from vrooli.core.errors import VrooliError
from vrooli.stack.builtin.server import SERVER_TOKEN

SWARMS = 100
ROUNDS, WINDOW = 4, 30.0
SETTLED = 5.0
PATIENCE = 180.0

KINDS: dict[str, dict[str, Any]] = {
    "person": {"plan": [{"task": "it", "person": "Look"}]},
    "message": {"plan": [{"task": "it", "routine": "told"}]},
    "approval": {
        "plan": [{"task": "it", "routine": "nothing", "risk": "dangerous"}],
        "policy": {"approval": "30d"},
    },
    "deadline": {
        "plan": [{"task": "it", "routine": "nothing", "inputs": {"of": "${board.of}"}}],
        "policy": {"deadline": "30d"},
    },
}
"""By what they wait for; those of the last kind wait for something on the blackboard besides."""

ROUTINES: dict[str, list[dict[str, Any]]] = {
    "told": [{"step": "told", "wait": {"signal": "told"}}],
    "nothing": [{"step": "it", "value": {}}],
}


def main() -> None:
    """Measure and print."""
    rounds = rounds_wanted(__doc__, ROUNDS)
    with lab() as place:
        stack, port = Ours(place), free_port()
        lines = ["[resources.postgres]", 'kind = "postgres"', f"port = {free_port()}"]
        lines += ["[scenarios.server]", f"port = {port}", 'needs = ["postgres"]']
        stack.write(5.0, (), "\n".join([*lines, 'env = { VROOLI_RATE = "0" }']))
        try:
            _told(stack, "up")
            token = stack.home / "secrets" / SERVER_TOKEN
            client = SwarmClient(HostPort("127.0.0.1", port), bearer_of_file(token))
            _compare(stack, client, rounds)
        finally:
            stack.run("down")


def _compare(stack: Ours, client: SwarmClient, rounds: int) -> None:
    for name, do in ROUTINES.items():
        client.put_routine({"name": name, "do": do})
    for name, parts in KINDS.items():
        client.put_swarm({"name": name, "goal": "wait", **parts})
    used: dict[str, list[tuple[float, float]]] = {"without": [], "with": []}
    swarms: list[tuple[str, str]] = []
    for number in range(rounds):
        used["without"].append(_window(stack))
        swarms = _start(client)
        used["with"].append(_window(stack))
        if number + 1 < rounds:
            client.emergency_stop()
    say(f"{SWARMS} idle swarms, {rounds} times {WINDOW:g} s by turns\n{machine()}")
    for column, name in enumerate(("the server", "PostgreSQL")):
        _say(name, {key: [one[column] for one in ones] for key, ones in used.items()})
    for name, restart in (("kill -9 of the server", _kill), ("a restart of the stack", _again)):
        restart(stack, client)
        say(f"  waiting after {name}: {_waiting(client)} of {SWARMS}")
    for kind, run in swarms:
        _speak(client, kind, run)
    ended = wait(lambda: _count(client, "completed") == SWARMS, PATIENCE)
    say(f"  went on to their end when spoken to: {_count(client, 'completed')}, {ended or 0:.1f} s")


def _say(name: str, used: dict[str, list[float]]) -> None:
    """Milliseconds of CPU a second."""
    middle = {key: percentile(ones, 0.5) for key, ones in used.items()}
    for key, ones in used.items():
        say(f"  {name}, {key}: {', '.join(f'{one:.1f}' for one in ones)} ms of CPU a second")
    noise = max(used["without"]) - min(used["without"])
    difference = middle["with"] - middle["without"]
    ratio = middle["with"] / middle["without"]
    say(f"    difference of medians {difference:+.1f}, ratio {ratio:.2f}, noise {noise:.1f}")


def _start(client: SwarmClient) -> list[tuple[str, str]]:
    """Kind and id of each, when all wait."""
    names = [list(KINDS)[number % len(KINDS)] for number in range(SWARMS)]
    found = [(name, str(client.start(name, {})["id"])) for name in names]
    if wait(lambda: _waiting(client) == SWARMS, PATIENCE) is None:
        raise SystemExit(f"only {_waiting(client)} came to wait")
    return found


def _waiting(client: SwarmClient) -> int:
    return _count(client, "waiting")


def _count(client: SwarmClient, status: str) -> int:
    time.sleep(0.2)
    try:
        return len(client.swarms(status=status, limit=2 * SWARMS)["swarms"])
    except VrooliError:
        return 0


def _speak(client: SwarmClient, kind: str, run: str) -> None:
    """What it waits for."""
    if kind == "person":
        client.done(run, "it", None)
    elif kind == "deadline":
        client.write(run, "board.of", 1, None)
    else:
        (task,) = (one for one in client.runs(parent=run)["runs"] if one["status"] == "waiting")
        if kind == "message":
            client.signal(task["id"], "told", None)
            return
        (question,) = client.approvals(run=task["id"])["approvals"]
        client.decide(question["id"], True, question["hash"], "")


def _window(stack: Ours) -> tuple[float, float]:
    """Milliseconds of CPU a second: of the server, and of PostgreSQL."""
    time.sleep(SETTLED)
    heads = [psutil.Process(stack.pid(name)) for name in ("server", "postgres")]
    before, began = [_spent(one) for one in heads], time.monotonic()
    time.sleep(WINDOW)
    after, took = [_spent(one) for one in heads], time.monotonic() - began
    server, postgres = (
        (late - early) / took * 1000 for early, late in zip(before, after, strict=True)
    )
    return server, postgres


def _spent(head: psutil.Process) -> float:
    """Seconds of CPU of a process and of all that it started, those that have ended among them."""
    return sum(map(_own, [head, *head.children(recursive=True)]))


def _own(one: psutil.Process) -> float:
    try:
        return float(sum(one.cpu_times()[:4]))
    except psutil.NoSuchProcess:
        return 0.0


def _kill(stack: Ours, client: SwarmClient) -> None:
    before = stack.pid("server")
    os.kill(before, signal.SIGKILL)
    wait(lambda: _answers(client) and stack.pid("server") != before, PATIENCE)


def _again(stack: Ours, client: SwarmClient) -> None:
    _told(stack, "restart")
    wait(lambda: _answers(client), PATIENCE)


def _answers(client: SwarmClient) -> bool:
    try:
        client.swarms(limit=1)
    except VrooliError:
        return False
    return True


def _told(stack: Ours, *words: str) -> None:
    ended = stack.run(*words)
    if ended.returncode != 0:
        raise SystemExit(ended.stderr)


if __name__ == "__main__":
    main()
