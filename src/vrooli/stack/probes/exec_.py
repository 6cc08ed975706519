"""A program that judges: exit code is status (Nagios convention), first line is message."""

from pathlib import Path

from vrooli.core.errors import DeadlineExceeded, StorageError, VrooliError
from vrooli.core.launch import Exit, LaunchSpec
from vrooli.core.result import Result, critical, unknown
from vrooli.core.status import Status
from vrooli.stack.kind import ProbeTools
from vrooli.stack.model import Service
from vrooli.stack.probes._value import value_of

MAX_OUTPUT = 4096
"""Bytes of output that are read; the convention asks for one line."""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs that judge are found, whoever runs them."""

_STATUS = {0: Status.OK, 1: Status.WARNING, 2: Status.CRITICAL}


async def probe(service: Service, tools: ProbeTools) -> Result:
    """Run `health.command` as the service's user, in its environment."""
    output = _output(service.name, tools)
    return await _judged(_spec(service, tools, output), output, tools, service.health.timeout)


async def run_judge(
    name: str, command: tuple[str, ...], user: str, tools: ProbeTools, seconds: float
) -> Result:
    """Run a program that judges something else than a service; `user` counts only for root."""
    output = _output(name, tools)
    machine = tools.place.machine
    runs_as = (user or machine.service_user) if machine.root else None
    spec = LaunchSpec(
        service=f"{name}.probe",
        argv=command,
        cwd="/",
        env={"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/"},
        log_path=str(output),
        user=None if runs_as == "root" else runs_as,
    )
    return await _judged(spec, output, tools, seconds)


def _output(name: str, tools: ProbeTools) -> Path:
    """In the run folder, which is in memory as a rule: a full disk must not blind us."""
    output = tools.place.home.run / f"probe-{name}.out"
    _forget(output)
    return output


async def _judged(spec: LaunchSpec, output: Path, tools: ProbeTools, seconds: float) -> Result:
    try:
        ended = await tools.keeper.run(spec, seconds)
    except DeadlineExceeded:
        return critical(f"`{spec.argv[0]}` did not end within {seconds:g} s")
    except VrooliError as error:
        return unknown(f"`{spec.argv[0]}` could not be run: {error.what}")
    return judge(ended, _first_line(output))


def judge(ended: Exit, said: str) -> Result:
    """From exit code and first line; whatever the convention does not name is unknown."""
    if not ended.known:
        return unknown("the health command ended, nobody knows how")
    status = _STATUS.get(ended.code if ended.code is not None else -1, Status.UNKNOWN)
    message = said.partition("|")[0].strip() or f"the health command {ended.describe()}"
    return Result(status, message, details={"exit_code": ended.code, "signal": ended.signal})


def _spec(service: Service, tools: ProbeTools, output: Path) -> LaunchSpec:
    place = tools.place
    user = place.user_of(service)
    data = str(place.home.data(service.name))
    cwd = service.cwd or (data if Path(data).is_dir() else "/")
    env = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": cwd, "VROOLI_SERVICE": service.name}
    if service.port:
        env |= {"PORT": str(service.port), "HOST": service.host}
    env |= {key: value_of(value, place) for key, value in service.env.items()}
    return LaunchSpec(
        service=f"{service.name}.probe",
        argv=service.health.command,
        cwd=cwd,
        env=env,
        log_path=str(output),
        user=user,
        expose=(cwd,) if user else (),
    )


def _forget(output: Path) -> None:
    try:
        output.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot be replaced: {error.strerror}",
            where=str(output),
            next_step="free space on its disk, or make it writable",
        ) from error


def _first_line(output: Path) -> str:
    try:
        with output.open("rb") as file:
            text = file.read(MAX_OUTPUT).decode("utf-8", "replace")
    except OSError:
        return ""
    line = text.strip().partition("\n")[0][:300]
    return "".join(c if c.isprintable() else " " for c in line)
