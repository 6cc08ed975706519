"""launchd of macOS: a daemon of the system, or an agent of a user. launchd.plist(5) has the keys.

An agent is started when its user logs in, and not before: only root's daemon survives a reboot that
nobody is there for.
"""

import re
from collections.abc import Sequence

from vrooli.autoheal.service_manager import Act, Contents, Seen, ServiceManager, Unit
from vrooli.core.command import WriteFile
from vrooli.core.ports.programs import Answer

MARGIN = 30
"""Seconds beyond those that services may take to stop."""

_PID = re.compile(r'^\s*"PID" = (\d+);$', re.MULTILINE)
_LOGIN = "as root: vrooli-autoheal install, which makes it a daemon of the system"


class Launchd(ServiceManager):
    """See the base."""

    name = "launchd"
    platform = "darwin"

    def files(self, unit: Unit, contents: Contents) -> tuple[WriteFile, ...]:
        """See the base."""
        import plistlib  # no other system needs it

        definition = {
            "Label": label(unit),
            "ProgramArguments": list(contents.start),
            "EnvironmentVariables": dict(sorted(contents.environment.items())),
            "WorkingDirectory": "/",
            "RunAtLoad": True,
            "KeepAlive": True,
            # Its end must not end the services, and what they may take is not its business.
            "AbandonProcessGroup": True,
            "ProcessType": "Interactive",
            "ExitTimeOut": round(contents.stop_seconds + MARGIN),
        }
        text = plistlib.dumps(definition, sort_keys=False).decode()
        return (WriteFile(self.path(unit), text),)

    def path(self, unit: Unit) -> str:
        """Where the definition lies."""
        folder = "/Library/LaunchDaemons"
        if not unit.system:
            folder = f"{unit.user_home}/Library/LaunchAgents"
        return f"{folder}/{label(unit)}.plist"

    def marks(self, unit: Unit) -> tuple[str, ...]:
        """See the base."""
        return (self.path(unit),)

    def register(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (_act("have it started", "enable", _target(unit)),)

    def start(self, unit: Unit) -> tuple[Act, ...]:
        """See the base. What is loaded already refuses the first of them."""
        return (
            _act("load it", "bootstrap", _domain(unit), self.path(unit), needed=False),
            _act("start it", "kickstart", _target(unit)),
        )

    def restart(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (_act("start it anew", "kickstart", "-k", _target(unit)),)

    def stop(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (_act("stop it", "bootout", _target(unit)),)

    def unregister(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (_act("have it started no more", "disable", _target(unit)),)

    def questions(self, unit: Unit) -> tuple[tuple[str, ...], ...]:
        """See the base."""
        return (("launchctl", "list", label(unit)),)

    def read(self, unit: Unit, answers: Sequence[Answer]) -> Seen:
        """See the base. Of what it does not know it says so by its exit code."""
        told = answers[0]
        if told.code < 0:
            return Seen(silence=f"launchd cannot be asked: {told.said}")
        found = _PID.search(told.out)
        pid = int(found[1]) if told.ok and found else 0
        return Seen(
            loaded=told.ok,
            enabled=told.ok,
            active=pid > 0,
            state="running" if pid else "not running",
            main_pid=pid,
            lingers=None if unit.system else False,
            linger_advice="" if unit.system else _LOGIN,
        )


def label(unit: Unit) -> str:
    """The name by which launchd knows it."""
    return f"com.vrooli.{unit.name.removeprefix('vrooli-')}"


def _domain(unit: Unit) -> str:
    return "system" if unit.system else f"gui/{unit.uid}"


def _target(unit: Unit) -> str:
    return f"{_domain(unit)}/{label(unit)}"


def _act(title: str, *words: str, needed: bool = True) -> Act:
    return Act(title, ("launchctl", *words), needed=needed)


MANAGER = Launchd()
