"""One service dies that ten others need, and cannot start for a minute: who is restarted for it,
how often people are alerted, and how soon all serve when it can start again.

Twice: the ten answer 503 meanwhile, and the ten crash. Monit is set up in both ways that its manual
offers: each service by itself, and with `depends on`. supervisord alerts nobody.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from bench._arguments import parser
from bench._figures import machine, say
from bench._lab import PATIENCE, Lab, lab, wait
from bench._mail import mailbox
from bench._ours import ours
from bench._peers import monit, monit_process, supervisord
from vrooli.main.selftest_hook import Inbox

CHILDREN = 10
OUTAGE = 60.0

Alerts = Callable[[], int]
Supervisor = Callable[[Lab], AbstractContextManager[Alerts]]


@dataclass(frozen=True, slots=True)
class Came:
    """What it came to.

    Attributes:
        children: their restarts while what they need was away; `after`: when it was back.
        alerts: times that people were told that something is wrong.
        back: seconds until all served; None when that never was.
    """

    children: int
    after: int
    alerts: int
    back: float | None

    def __str__(self) -> str:
        """For people."""
        back = f"never, in {PATIENCE:g} s" if self.back is None else f"after {self.back:.1f} s"
        return (
            f"{self.children} child restarts in vain, {self.alerts} alerts; "
            f"all serve {back}, {self.after} child restarts in that time"
        )


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    say(f"1 + {CHILDREN} services down for {OUTAGE:g} s\n{machine()}")
    for how, crashes in (("answer 503", False), ("crash", True)):
        for name, supervisor in _SUPERVISORS.items():
            with lab() as place:
                place.add_family(CHILDREN, crashes=crashes)
                say(f"  the ten {how}, {name}: {_observe(place, supervisor)}")
    say("  ratio: child restarts in vain, and alerts: as they stand")


def _observe(place: Lab, supervisor: Supervisor) -> Came:
    with supervisor(place) as alerts:
        place.all_answer()
        time.sleep(3.0)
        parent, told = place.victims[0], alerts()
        before = _starts(place)
        parent.go.unlink()
        parent.kill()
        time.sleep(OUTAGE)
        in_vain = _starts(place) - before
        parent.go.touch()
        back = wait(lambda: _all_serve(place), PATIENCE)
        after = _starts(place) - before - in_vain
        time.sleep(3.0)  # for what is told late
        return Came(in_vain, after, alerts() - told, back)


def _all_serve(place: Lab) -> bool:
    time.sleep(0.1)  # who looks all the time is a load of its own
    return all(victim.answers() for victim in place.victims)


def _starts(place: Lab) -> int:
    return sum(len(child.starts()) for child in place.victims[1:])


@contextmanager
def _ours(place: Lab) -> Iterator[Alerts]:
    inbox = Inbox()
    notify = f'[notify]\nresolve_after = 1\n[notify.channels.hook]\nurl = "{inbox.url}"'
    try:
        with ours(place, 1.0, extra=notify):
            yield lambda: len(inbox.told("page"))
    finally:
        inbox.close()


@contextmanager
def _supervisord(place: Lab) -> Iterator[Alerts]:
    with supervisord(place):
        yield lambda: 0


def _monit(*, depends: bool) -> Supervisor:
    @contextmanager
    def run(place: Lab) -> Iterator[Alerts]:
        with mailbox() as box:
            lines = [f"set mailserver 127.0.0.1 port {box.port}", "set alert ops@example.com"]
            with monit(Lab(place.folder), more=[*lines, *_watched(place, depends=depends)]):
                yield lambda: len(box.subjects)

    return run


def _watched(place: Lab, *, depends: bool) -> Sequence[str]:
    """As its manual shows it: process, port, and three cycles of patience."""
    lines: list[str] = []
    for victim in place.victims:
        stop = place.folder / f"{victim.name}.stop"
        stop.write_text(f"#!/bin/sh\nkill $(cat {victim.pid_file})\n", encoding="ascii")
        stop.chmod(0o755)
        lines += monit_process(place, victim, str(stop))
        lines += [f"  if failed port {victim.port} protocol http for 3 cycles then restart"]
        if depends and victim.needs is not None:
            lines += [f"  depends on {victim.needs.name}"]
    return lines


_SUPERVISORS: dict[str, Supervisor] = {
    "ours": _ours,
    "Monit at 1 s": _monit(depends=False),
    "Monit at 1 s, `depends on`": _monit(depends=True),
    "supervisord": _supervisord,
}


if __name__ == "__main__":
    main()
