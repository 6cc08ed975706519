"""1,000 HTTP checks a second: what one of them costs."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench._arguments import parser
from bench._figures import machine, percentile, say
from bench._lab import PATIENCE, lab, wait
from bench._ours import ours
from bench._peers import monit, monit_pid
from bench._process import cpu
from tests.support.ports import free_port

TARGETS, PAUSE = 900, 0.6
"""Each is looked at so many seconds after its last look ended: 1,500 looks a second if none of them
took any time. A stack has 1,000 services at most."""

SECONDS, ROUNDS = 10.0, 5
WARM = 10.0
"""Seconds until what was begun at once has spread out."""


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    say(f"{TARGETS} HTTP checks every {PAUSE:g} s, {ROUNDS} times {SECONDS:g} s\n{machine()}")
    medians = {}
    with _endpoint() as port:
        for name, sections in (("checks", _checks(port)), ("services", _services(port))):
            with lab() as place, ours(place, extra=sections) as stack:
                medians[name] = _tell(f"ours, as {name}", port, stack.pid("autoheal"))
        with lab() as place, monit(place, more=_monit(port)):
            wait((place.folder / "monit.pid").exists, PATIENCE)
            medians["Monit"] = _tell("Monit at 1 s", port, monit_pid(place))
    for name in ("checks", "services"):
        ratio = medians["Monit"] / medians[name]
        say(f"  ratio: Monit / ours as {name}, CPU a check: {ratio:.2f} x")


@dataclass(frozen=True, slots=True)
class Round:
    """Some seconds.

    Attributes:
        rate: checks a second.
        cost: processor milliseconds for one of them.
        share: of one core.
    """

    rate: float
    cost: float
    share: float


def _tell(name: str, port: int, pid: int) -> float:
    """Measure and print; the median cost of a check in ms."""
    time.sleep(WARM)
    rounds = [_round(port, pid) for _ in range(ROUNDS)]
    rate, cost, share = (
        percentile([getattr(one, what) for one in rounds], 0.5)
        for what in ("rate", "cost", "share")
    )
    worst = max(one.share for one in rounds)
    say(
        f"  {name}: {rate:,.0f} checks/s at {100 * share:.0f} % of a core "
        f"(worst {100 * worst:.0f} %), {cost:.3f} ms of CPU a check: "
        f"{1000 / cost:,.0f} a second on one core"
    )
    return cost


def _round(port: int, pid: int) -> Round:
    counted, used, began = _count(port), cpu(pid), time.monotonic()
    time.sleep(SECONDS)
    seconds, used = time.monotonic() - began, cpu(pid) - used
    checks = _count(port) - counted
    return Round(checks / seconds, 1000 * used / checks, used / seconds)


def _count(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/count", timeout=10) as answer:
        return int(answer.read())


@contextmanager
def _endpoint() -> Iterator[int]:
    """What is asked, as a process of its own."""
    port, program = free_port(), Path(__file__).with_name("_endpoint.py")
    process = subprocess.Popen([sys.executable, str(program), str(port)], stdin=subprocess.PIPE)
    try:
        wait(lambda: _answers(port), PATIENCE)
        yield port
    finally:
        process.communicate()


def _answers(port: int) -> bool:
    try:
        return _count(port) >= 0
    except OSError:
        return False


def _checks(port: int) -> str:
    return "\n".join(
        f'[checks.http{n}]\nkind = "endpoint-http"\ninterval = {PAUSE}\n'
        f'url = "http://127.0.0.1:{port}/{n}"'
        for n in range(TARGETS)
    )


def _services(port: int) -> str:
    return "\n".join(
        f'[resources.http{n}]\nkind = "http"\nruntime = "external"\n'
        f'url = "http://127.0.0.1:{port}/{n}"\nhealth = {{ interval = {PAUSE} }}'
        for n in range(TARGETS)
    )


def _monit(port: int) -> list[str]:
    return [
        f"check host http{n} with address 127.0.0.1\n  if failed port {port} protocol http "
        f'request "/{n}" then alert'
        for n in range(TARGETS)
    ]


if __name__ == "__main__":
    main()
