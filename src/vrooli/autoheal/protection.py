"""Whether the operating system would bring the stack back, judged by what was seen. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.autoheal.service_manager import Seen, Unit
from vrooli.core.status import Status, worst

INSTALL = "run `vrooli-autoheal install`"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it should be.

    Attributes:
        what: in words.
        next_step: what mends it.
        grave: whether the stack would not come back for it.
    """

    what: str
    next_step: str
    grave: bool = False

    @property
    def mended(self) -> bool:
        """Whether `install` does."""
        return self.next_step.startswith(INSTALL)


@dataclass(frozen=True, slots=True)
class Sight:
    """All that was looked at.

    Attributes:
        manager: name of the service manager; empty when this machine has none.
        unit: the unit of the home.
        files: its files: whether each is as this version writes it; None for a missing one.
        installed_here: whether `install` was run for this home, and not undone.
        seen: what the service manager says.
        keeper_pid: who keeps the home; 0 when nobody does.
        keeper_runs: the installation that its code is of, empty when it cannot be told.
        installation: ours.
        unresolved: references that nothing resolves at boot.
        outside: services that run outside of the unit's control group.
        last_boot: how the latest boot went, as the watchdog wrote it down.
    """

    manager: str
    unit: Unit
    files: Mapping[str, bool | None] = field(default_factory=dict)
    installed_here: bool = False
    seen: Seen = field(default_factory=Seen)
    keeper_pid: int = 0
    keeper_runs: str = ""
    installation: str = ""
    unresolved: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    last_boot: Mapping[str, Any] | None = None

    @property
    def installed(self) -> bool:
        """Whether all files of the unit are there."""
        return bool(self.files) and None not in self.files.values()


@dataclass(frozen=True, slots=True)
class Protection:
    """The verdict on a sight: `ok` it would come back; `warning` it would, with reservations;
    `critical` it would not; `unknown` nobody can tell.
    """

    sight: Sight
    status: Status
    problems: tuple[Problem, ...]

    @property
    def message(self) -> str:
        """One line."""
        if self.problems:
            return "; ".join(problem.what for problem in self.problems)
        return f"{self.sight.manager} starts {self.sight.unit.name} at boot, and keeps the keeper"

    def to_json(self) -> dict[str, Any]:
        """What `vrooli-autoheal watchdog --json` prints."""
        sight, seen = self.sight, self.sight.seen
        return {
            "status": str(self.status),
            "message": self.message,
            "manager": sight.manager or None,
            "unit": sight.unit.name,
            "scope": "system" if sight.unit.system else "user",
            "installed": sight.installed,
            "enabled": seen.enabled,
            "active": seen.active,
            "state": seen.state,
            "lingers": seen.lingers,
            "main_pid": seen.main_pid or None,
            "keeper_pid": sight.keeper_pid or None,
            "files": [{"path": p, "up_to_date": same} for p, same in sight.files.items()],
            "unresolved": list(sight.unresolved),
            "outside": list(sight.outside),
            "last_boot": dict(sight.last_boot) if sight.last_boot else None,
            "problems": [{"what": p.what, "next_step": p.next_step} for p in self.problems],
        }


def judge(sight: Sight) -> Protection:
    """The verdict, with every problem."""
    if not sight.manager:
        why = Problem(
            "this machine has no service manager that could start anything",
            "have whatever starts this machine run `vrooli scenario start vrooli-autoheal`",
        )
        return Protection(sight, Status.UNKNOWN, (why,))
    if sight.seen.silence:
        why = Problem(sight.seen.silence, "look at it by hand, or log in as that user")
        return Protection(sight, Status.UNKNOWN, (why,))
    if not sight.installed:
        gone = "nothing starts this stack at boot"
        if sight.installed_here:
            gone = f"the unit {sight.unit.name} was installed and its file is gone"
        return Protection(sight, Status.CRITICAL, (Problem(gone, INSTALL, grave=True),))
    problems = (*_boot(sight), *_running(sight), *_contents(sight))
    statuses = [Status.CRITICAL if problem.grave else Status.WARNING for problem in problems]
    return Protection(sight, worst(statuses), problems)


def _boot(sight: Sight) -> list[Problem]:
    """What keeps it from being started."""
    seen, unit, found = sight.seen, sight.unit, []
    if not seen.loaded:
        found.append(Problem(f"{sight.manager} does not know {unit.name}", INSTALL, grave=True))
    elif not seen.enabled:
        found.append(Problem(f"{unit.name} is not enabled", INSTALL, grave=True))
    if seen.lingers is False:
        what = f"it is started only when {unit.user} logs in, and ends at logout"
        found.append(Problem(what, seen.linger_advice, grave=True))
    for reference in sight.unresolved:
        what = f"nothing resolves {reference} at boot"
        how = "write the value into a file of mode 600 and refer to it by `file:PATH`"
        found.append(Problem(what, how))
    return found


def _running(sight: Sight) -> list[Problem]:
    """What is not as the unit would have it."""
    seen, found = sight.seen, []
    if seen.loaded and not seen.active:
        what = f"{sight.unit.name} does not run: {seen.state}"
        found.append(
            Problem(what, "`vrooli up` starts it, and `systemctl status` says why it ended")
        )
    elif seen.active and seen.main_pid and sight.keeper_pid != seen.main_pid:
        what = f"its main process {seen.main_pid} is not the keeper ({sight.keeper_pid or 'none'})"
        found.append(Problem(what, f"{INSTALL} or `vrooli up`: it takes over"))
    if sight.keeper_runs and sight.keeper_runs != sight.installation:
        what = f"the keeper runs {sight.keeper_runs}, and this is {sight.installation}"
        found.append(Problem(what, f"{INSTALL}: it starts it anew, services run on"))
    if sight.outside:
        what = f"started before the unit, and not part of it: {', '.join(sight.outside)}"
        found.append(Problem(what, "`vrooli restart NAME` at a moment that suits you"))
    return found


def _contents(sight: Sight) -> list[Problem]:
    found = [Problem(what, INSTALL) for what in sight.seen.amiss]
    for path, same in sight.files.items():
        if same is False:
            found.append(Problem(f"{path} is not as this version writes it", INSTALL))
    return found
