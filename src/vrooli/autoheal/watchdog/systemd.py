"""systemd, as the system's manager or a user's. systemd.service(5) has the meaning of every line.

The keeper is the main process; the watchdog and the services are in the unit's control group, and
none of them may be touched when the keeper ends. So no line here is inherited by them
(NoNewPrivileges, PrivateTmp, ProtectHome, MemoryMax and the like): what a service is allowed is its
own matter.
"""

import json
import re
from collections.abc import Mapping, Sequence

from vrooli.autoheal.service_manager import NO_HOME, Act, Contents, Seen, ServiceManager, Unit
from vrooli.core.command import WriteFile
from vrooli.core.ports.programs import Answer

SYSTEM_UNITS = "/etc/systemd/system"
WATCHDOG_SECONDS = 60
"""Without a sign of life the keeper is started anew: longer than the keeper waits between two
starts of a watchdog that does not come up (30 s), and its first beat on a cold disk (20 s).
"""

START_SECONDS = 60
"""Until it says that it is ready; Python from a cold disk, and a keeper before it that hangs."""

STOP_SECONDS = 3600
"""That a command waits for an ordered stop; the unit bounds it, by what its services may take."""

MARGIN = 30
"""Seconds beyond those that services may take to stop."""

_TEXT = """\
# Written by `vrooli-autoheal install`, which replaces it. Changes of your own: `{edit}`.
# {source}
[Unit]
Description=Vrooli: the stack {stack}, kept alive
After=network.target dbus.socket dbus.service docker.service
{mounts}StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={start}
ExecStop={halt}
{environment}WorkingDirectory=/
Restart=always
RestartSec=500ms
RestartPreventExitStatus={no_home}
WatchdogSec={watchdog}
WatchdogSignal=SIGKILL
KillMode=process
OOMPolicy=continue
Delegate=yes
TasksMax=infinity
TimeoutStartSec={start_seconds}
TimeoutStopSec={stop_seconds}

[Install]
WantedBy={target}
"""

_WANTED = {
    "Type": "notify",
    "NotifyAccess": "main",
    "Restart": "always",
    "KillMode": "process",
    "OOMPolicy": "continue",
    "StartLimitIntervalUSec": "0",
}
"""Properties without which the promise would not hold, by systemd's own reading of all files."""

_ASKED = (
    "LoadState",
    "ActiveState",
    "SubState",
    "UnitFileState",
    "FragmentPath",
    "DropInPaths",
    "NeedDaemonReload",
    "MainPID",
    "Environment",
    "EnvironmentFiles",
    *_WANTED,
)

_VARIABLE = re.compile(r'(?:^|\s)"?([A-Za-z_][A-Za-z0-9_]*)=')

_ENVIRONMENT_FILE = re.compile(r"^EnvironmentFiles=(/.+) \(ignore_errors=\w+\)$", re.MULTILINE)


class Systemd(ServiceManager):
    """See the base."""

    name = "systemd"
    platform = "linux"
    marker = "/run/systemd/system"

    def files(self, unit: Unit, contents: Contents) -> tuple[WriteFile, ...]:
        """See the base."""
        return (WriteFile(self.path(unit), _text(unit, contents)),)

    def marks(self, unit: Unit) -> tuple[str, ...]:
        """See the base."""
        return (self.path(unit), f"{_folder(unit)}/{_target(unit)}.wants/{full_name(unit)}")

    def boot_marks(self, unit: Unit) -> tuple[str, ...]:
        """See the base."""
        return () if unit.system else (f"/var/lib/systemd/linger/{unit.user}",)

    def path(self, unit: Unit) -> str:
        """Where the unit file lies."""
        return f"{_folder(unit)}/{full_name(unit)}"

    def register(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (
            _act(unit, "have systemd read its units", "daemon-reload"),
            _act(unit, "have it started at boot", "enable", "--quiet", full_name(unit)),
        )

    def start(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (_act(unit, "start it", "start", full_name(unit), seconds=START_SECONDS + 10),)

    def restart(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (_act(unit, "start it anew", "restart", full_name(unit), seconds=2 * START_SECONDS),)

    def stop(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (_act(unit, "stop it", "stop", full_name(unit), seconds=STOP_SECONDS),)

    def unregister(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (
            _act(unit, "have it started at boot no more", "disable", "--quiet", full_name(unit)),
        )

    def forget(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (
            _act(unit, "have systemd read its units", "daemon-reload"),
            _act(unit, "forget earlier failures", "reset-failed", full_name(unit), needed=False),
        )

    def questions(self, unit: Unit) -> tuple[tuple[str, ...], ...]:
        """See the base."""
        show = (*systemctl(unit.system), "show", full_name(unit), f"--property={','.join(_ASKED)}")
        if unit.system:
            return (show,)
        return (show, ("loginctl", "show-user", unit.user, "--property=Linger"))

    def read(self, unit: Unit, answers: Sequence[Answer]) -> Seen:
        """See the base."""
        if not answers[0].ok:
            return Seen(silence=f"systemd cannot be asked: {answers[0].said}")
        told = properties(answers[0].out)
        loaded = told.get("LoadState") == "loaded"
        return Seen(
            loaded=loaded,
            enabled=told.get("UnitFileState") == "enabled",
            active=told.get("ActiveState") == "active",
            state=f"{told.get('ActiveState')} ({told.get('SubState')})",
            main_pid=int(told.get("MainPID") or 0),
            amiss=tuple(_amiss(told, self.path(unit))) if loaded else (),
            names=frozenset(_VARIABLE.findall(told.get("Environment", ""))),
            environment_files=tuple(_ENVIRONMENT_FILE.findall(answers[0].out)),
            # Of a user who neither lingers nor is logged in, loginctl knows nothing.
            lingers=None if unit.system else properties(answers[1].out).get("Linger") == "yes",
            linger_advice=f"as root: loginctl enable-linger {unit.user}",
        )

    def group(self, unit: Unit) -> str:
        """See the base."""
        return f"/{full_name(unit)}"

    def linger(self, unit: Unit) -> Act | None:
        """See the base."""
        return self._lingering(unit, "enable-linger", "have the user's units start at boot")

    def unlinger(self, unit: Unit) -> Act | None:
        """See the base."""
        return self._lingering(unit, "disable-linger", "end the lingering that install began")

    def _lingering(self, unit: Unit, verb: str, title: str) -> Act | None:
        if unit.system:
            return None
        return Act(title, ("loginctl", "--no-ask-password", verb, unit.user), needed=False)

    def gather(self, unit: Unit, pids: Sequence[int]) -> Act | None:
        """See the base; possible because of `Delegate=yes`."""
        bus = ("busctl", "call") if unit.system else ("busctl", "--user", "call")
        manager = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1")
        method = ("org.freedesktop.systemd1.Manager", "AttachProcessesToUnit", "ssau")
        numbers = (str(len(pids)), *map(str, pids))
        argv = (*bus, *manager, *method, full_name(unit), "", *numbers)
        return Act("make what runs already part of the unit", argv, needed=False)


def full_name(unit: Unit) -> str:
    """The full name."""
    return f"{unit.name}.service"


def systemctl(system: bool) -> tuple[str, ...]:
    """The beginning of a command for the manager of the system, or of the user that calls."""
    return ("systemctl",) if system else ("systemctl", "--user")


def properties(text: str) -> dict[str, str]:
    """`systemctl show` and `loginctl show-user`: one `Name=value` a line."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name: value for name, _, value in pairs}


def job_question(system: bool, name: str) -> tuple[str, ...]:
    """Asks which job is under way for a unit; its number is `Job` of the answer's properties."""
    return (*systemctl(system), "show", name, "--property=Job")


def job_type_question(system: bool, job: str) -> tuple[str, ...]:
    """Asks what kind of job that is; `job_type` reads the answer."""
    bus = ("busctl", "--json=short") if system else ("busctl", "--user", "--json=short")
    path = f"/org/freedesktop/systemd1/job/{job}"
    interface = ("org.freedesktop.systemd1", path, "org.freedesktop.systemd1.Job", "JobType")
    return (*bus, "get-property", *interface)


def job_type(answer: Answer) -> str:
    """`stop`, `restart`, `try-restart`, ...; empty when it could not be told."""
    try:
        return str(json.loads(answer.out)["data"])
    except (ValueError, KeyError, TypeError):
        return ""


def services_run_on(environment: Mapping[str, str], kind: str) -> str:
    """Why the services are not to be stopped although `ExecStop=` was called; empty when they are.

    A job of another kind, or none that we can tell, is taken for a stop: data that is written down
    in order is worth more than a service that need not have been stopped.

    Args:
        environment: of the command; systemd.exec(5) says what MAINPID is.
        kind: of the job, see `job_type`.
    """
    if "MAINPID" not in environment:
        return "the keeper has ended by itself, and is started anew"
    if kind in ("restart", "try-restart"):
        return "the unit is started anew"
    return ""


def _amiss(told: Mapping[str, str], path: str) -> list[str]:
    found = [
        f"{name} is `{told.get(name, '')}`, not `{value}`"
        for name, value in _WANTED.items()
        if told.get(name) != value
    ]
    if told.get("FragmentPath") != path:
        found.append(f"systemd reads {told.get('FragmentPath') or 'nothing'} instead of {path}")
    if told.get("NeedDaemonReload") == "yes":
        found.append("systemd has not read its latest version (`systemctl daemon-reload`)")
    return found


def _text(unit: Unit, contents: Contents) -> str:
    environment = sorted(contents.environment.items())
    mounts = " ".join(map(_word, contents.needs))
    source = f"The stack of {contents.source}" if contents.source else "The built-in stack"
    return _TEXT.format(
        edit=f"{' '.join(systemctl(unit.system))} edit {full_name(unit)}",
        stack=contents.stack,
        source=source.replace("\n", " ").replace("\\", "/"),
        mounts=f"RequiresMountsFor={mounts}\n" if mounts else "",
        start=_command(contents.start),
        halt=_command((*contents.halt, full_name(unit))),
        environment="".join(f"Environment={_word(f'{k}={v}')}\n" for k, v in environment),
        no_home=NO_HOME,
        watchdog=WATCHDOG_SECONDS,
        start_seconds=START_SECONDS,
        stop_seconds=round(contents.stop_seconds + MARGIN),
        target=_target(unit),
    )


def _target(unit: Unit) -> str:
    return "multi-user.target" if unit.system else "default.target"


def _folder(unit: Unit) -> str:
    return SYSTEM_UNITS if unit.system else f"{unit.user_home}/.config/systemd/user"


def _command(argv: Sequence[str]) -> str:
    """Words of an Exec line: `$` begins a variable there."""
    return " ".join(_word(word).replace("$", "$$") for word in argv)


def _word(text: str) -> str:
    """One word, quoted: `%` begins a specifier, backslash and quote are escaped."""
    safe = text.replace("%", "%%")
    if re.fullmatch(r"[A-Za-z0-9_@%+=:,./$-]+", safe):
        return safe
    escaped = safe.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _act(unit: Unit, title: str, *words: str, seconds: float = 30.0, needed: bool = True) -> Act:
    return Act(title, (*systemctl(unit.system), *words), seconds, needed)


MANAGER = Systemd()
