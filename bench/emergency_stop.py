"""`vrooli swarm stop --all` while 5 swarms have 100 runs under way on a server and a worker, each
in Python that started programs which ignore SIGTERM: how long until the last process is gone.
"""

import json
import time
from pathlib import Path

import psutil

from bench._arguments import parser
from bench._figures import machine, percentile, say
from bench._lab import Lab, lab, wait
from bench._ours import ROOT, Ours
from tests.support.ports import free_port

ROUNDS, SWARMS, RUNS = 5, 5, 20
SLOTS = SWARMS * RUNS // 2 + 5
PROGRAMS = 2
"""Of each run."""

LAYERS = 3 + PROGRAMS
"""Processes of each run: the launcher, process 1 of its namespace, the code, its programs."""

PATIENCE = 180.0
POLL = 0.01
SETTLED = 2.0
"""Seconds after which nothing may have begun again."""

CODE = f"""\
import subprocess, time

def main(inputs):
    deaf = ["/bin/sh", "-c", "trap '' TERM; exec sleep 1000"]
    ones = [subprocess.Popen(deaf) for _ in range({PROGRAMS})]
    time.sleep(1000)
"""


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    with lab() as place:
        stack = Ours(place)
        _declare(stack, place)
        try:
            _told(stack, "up")
            _put(stack, place)
            took = [_round(stack) for _ in range(ROUNDS)]
            idle = [_nothing(stack) for _ in range(ROUNDS)]
        finally:
            stack.run("down")
    say(f"an emergency stop of {SWARMS} swarms with {RUNS} runs each, n={ROUNDS}\n{machine()}")
    for n, name in enumerate(("the command has ended", "the last process is gone")):
        found = [one[n] for one in took]
        say(f"  {name}: p50 {percentile(found, 0.5):.2f} s, worst {max(found):.2f} s")
    say(f"  the command with nothing to stop: p50 {percentile(idle, 0.5):.2f} s")
    say(f"  survivors: {sum(one[2] for one in took)}")
    say("  ratio: none; peers do not end the programs of a step")


def _declare(stack: Ours, place: Lab) -> None:
    data = place.folder / "worker"
    data.mkdir()
    data.chmod(0o777)
    worker = [str(ROOT / "vrooli"), "worker", "--slots", str(SLOTS)]
    lines = ["[resources.postgres]", 'kind = "postgres"', f"port = {free_port()}"]
    lines += ["[scenarios.server]", f"port = {free_port()}", 'needs = ["postgres"]']
    lines += [f'env = {{ VROOLI_SLOTS = "{SLOTS}" }}']
    lines += ["[scenarios.worker]", f"command = {json.dumps(worker)}", 'needs = ["postgres"]']
    lines += [f'env = {{ DATABASE_URL = "resource:postgres", VROOLI_DATA = "{data}" }}']
    stack.write(5.0, (), "\n".join(lines))


def _put(stack: Ours, place: Lab) -> None:
    deaf = {"name": "deaf", "do": [{"step": "x", "python": {"code": CODE}}]}
    tasks = [{"task": f"t{n}", "routine": "deaf"} for n in range(RUNS)]
    swarm = {"name": "many", "goal": "hold", "policy": {"width": RUNS}, "plan": tasks}
    for name, data in (("deaf", deaf), ("many", swarm)):
        (place.folder / f"{name}.yaml").write_text(json.dumps(data), encoding="utf-8")
    _told(stack, "routine", "add", "deaf.yaml")


def _round(stack: Ours) -> tuple[float, float, int]:
    """Seconds until the command has ended and the last process is gone; how many are left."""
    for _ in range(SWARMS):
        _told(stack, "swarm", "start", "many.yaml")
    hosts = [psutil.Process(stack.pid(name)) for name in ("server", "worker")]
    least = SWARMS * RUNS * LAYERS
    if wait(lambda: sum(map(_below, hosts)) >= least, PATIENCE) is None:
        raise SystemExit(f"only {list(map(_below, hosts))} of {least} processes began")
    assert all(map(_below, hosts)), "one of both has none of the runs"
    left = [Path(f"/proc/{one.pid}") for host in hosts for one in host.children(recursive=True)]
    command, began = stack.start("swarm", "stop", "--all"), time.monotonic()
    ended = gone = 0.0
    while not (ended and gone) and time.monotonic() - began < PATIENCE:
        time.sleep(POLL)
        left = [one for one in left if one.exists()]
        now = time.monotonic() - began
        gone = gone or (0.0 if left else now)
        ended = ended or (0.0 if command.poll() is None else now)
    time.sleep(SETTLED)
    return ended, gone, sum(map(_below, hosts))


def _nothing(stack: Ours) -> float:
    began = time.monotonic()
    _told(stack, "swarm", "stop", "--all")
    return time.monotonic() - began


def _below(host: psutil.Process) -> int:
    return len(host.children(recursive=True))


def _told(stack: Ours, *words: str) -> None:
    ended = stack.run(*words)
    if ended.returncode != 0:
        raise SystemExit(ended.stderr)


if __name__ == "__main__":
    main()
