"""What systemd is told of a unit that is made, as D-Bus properties; org.freedesktop.systemd1(5) has
them, systemd.exec(5) and systemd.resource-control(5) what they do. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from vrooli.core.errors import ConfigError
from vrooli.core.limits import Limits
from vrooli.core.ports.bus import Typed
from vrooli.core.ports.units import UnitSpec

MARK = "VROOLI_MARK"
"""The variable in which the unit carries what its maker wrote on it: the only one that systemd
shows, and no secret."""

BUS = "dbus.service"
"""The unit of the bus, also of its other makes, which have this name as a second one."""

_ESCAPED = '"\\`$'
"""What has a meaning within double quotes, systemd.exec(5)."""

_NO_LIMIT = 2**64 - 1
_MICROSECONDS = 1_000_000

Properties = list[tuple[str, Typed]]


def properties(spec: UnitSpec, program: str, environment: str) -> Properties:
    """Of a transient service.

    Args:
        spec: what is to be made.
        program: its whole path.
        environment: the file with its environment.
    """
    launch = spec.launch
    found = {
        "Description": Typed("s", f"{launch.service} (started by vrooli)"),
        "Type": Typed("s", "exec"),
        # No shell, and no variables: an argument is what was written.
        "ExecStartEx": Typed("a(sasas)", [[program, list(launch.argv), ["no-env-expand"]]]),
        "Environment": Typed("as", [f"{MARK}={launch.fingerprint}"]),
        "EnvironmentFiles": Typed("a(sb)", [[environment, False]]),
        "WorkingDirectory": Typed("s", launch.cwd),
        "StandardOutputFileToAppend": Typed("s", launch.log_path),
        "StandardErrorFileToAppend": Typed("s", launch.log_path),
        "IgnoreSIGPIPE": Typed("b", False),  # as for any other process of ours
        # Its main process is asked to end; what that leaves behind is killed with it.
        "KillMode": Typed("s", "mixed"),
        "KillSignal": Typed("i", spec.stop_signal),
        "TimeoutStopUSec": Typed("t", int(spec.stop_seconds * _MICROSECONDS)),
        # While we listen, it is remembered after its end as well.
        "AddRef": Typed("b", True),
        **({"User": Typed("s", launch.user)} if launch.user else {}),
        **({"Before": Typed("as", [spec.outlives])} if spec.outlives else {}),
        # What is started after another is stopped before it: the bus is there until we are done.
        "After": Typed("as", [BUS]),
        **_limits(spec.limits),
    }
    return list(found.items())


def _limits(limits: Limits) -> dict[str, Typed]:
    found: dict[str, Typed] = {}
    if limits.memory:
        found["MemoryMax"] = Typed("t", limits.memory)
    if limits.tasks:
        found["TasksMax"] = Typed("t", limits.tasks)
    if limits.cpu:
        found["CPUQuotaPerSecUSec"] = Typed("t", limits.cpu * _MICROSECONDS // 100)
    if limits.files:
        found["LimitNOFILE"] = found["LimitNOFILESoft"] = Typed("t", limits.files)
    for name, wanted in (
        ("NoNewPrivileges", limits.no_new_privileges),
        ("PrivateTmp", limits.private_tmp),
    ):
        if wanted:
            found[name] = Typed("b", True)
    if limits.protect_home:
        found["ProtectHome"] = Typed("s", "yes")
    if limits.read_only:
        found["ReadOnlyPaths"] = Typed("as", list(limits.read_only))
    return found


def environment_file(environment: Mapping[str, str]) -> str:
    """The content of a file for `EnvironmentFile=`.

    Raises:
        ConfigError: a value cannot stand there; it is not repeated.
    """
    return "".join(f"{name}={_quoted(name, value)}\n" for name, value in environment.items())


def _quoted(name: str, value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        what = f"the variable {name} is no UTF-8 text, and a unit takes no other"
        raise ConfigError(what, next_step="run it as a process, or encode the value") from error
    return '"' + "".join(f"\\{c}" if c in _ESCAPED else c for c in value) + '"'


def mark_of(environment: Iterable[str]) -> str:
    """What its maker wrote on a unit, by its property `Environment`; empty when nobody did."""
    begin = f"{MARK}="
    return next((x.removeprefix(begin) for x in environment if x.startswith(begin)), "")


def out_of_memory(service: Mapping[str, Any]) -> str:
    """Why one ended, when it was for want of memory; empty when it was not."""
    if service.get("Result") != "oom-kill":
        return ""
    limit = int(service.get("MemoryMax", _NO_LIMIT))
    if limit == _NO_LIMIT:
        return "out of memory"
    return f"out of memory, of which it may have {limit / 2**20:.0f} MiB"


def failed_step(code: int, spec: UnitSpec, program: str) -> tuple[str, str]:
    """Why a process did not come to its program, and what to do about it; empty where its exit code
    does not say (systemd.exec(5), "Process Exit Codes").
    """
    launch = spec.launch
    user = launch.user or "this user"
    known = {
        200: (
            f"its working folder cannot be entered by {user}: {launch.cwd}",
            "make the folder, open it to that user, or correct `cwd`",
        ),
        203: (
            f"its program cannot be run by {user}: {program}",
            "correct `command`, or let that user read and execute the file",
        ),
        205: ("a limit cannot be set", "correct `files` in its `limits`"),
        209: (f"its log cannot be written: {launch.log_path}", "free some space on its disk"),
        216: (f"the group of {user} is not known", "make it, or correct `user`"),
        217: (f"its user is not known: {user}", "make it, or correct `user`"),
        226: (
            "its view of the files cannot be made (private_tmp, protect_home, read_only)",
            "each path of `read_only` must be there",
        ),
    }
    return known.get(code, ("", ""))
