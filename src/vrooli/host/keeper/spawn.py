"""Starting a process: fork here, the way to exec in `child`, and its errors put into words."""

from __future__ import annotations

import errno
import json
import os
import signal
import time

from vrooli.host.keeper import proc, wire
from vrooli.host.keeper.child import become
from vrooli.host.keeper.launches import Launch
from vrooli.host.keeper.log import log
from vrooli.host.keeper.loop import Loop
from vrooli.host.keeper.tag import tag_for
from vrooli.host.keeper.wire import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

EXEC_DEADLINE = 10.0  # seconds to exec; longer means that a file system below it hangs
MAX_REPORT = 65536
LOWEST_PRIORITY = 19  # setpriority(2); higher ones need root, and services must not outdo us


class Starting:
    """A child between fork and exec.

    Attributes:
        status: of wait(2), when it ended before its pipe was read.
    """

    __slots__ = ("done", "launch", "outlet", "report", "spec", "status", "timer")

    def __init__(
        self,
        launch: Launch,
        outlet: int,
        spec: dict[str, Any],
        done: Callable[[Launch, Failure | None, int | None], None],
    ) -> None:
        self.launch = launch
        self.outlet = outlet
        self.spec = spec
        self.done = done
        self.report = b""
        self.status: int | None = None
        self.timer = 0


class Spawner:
    """Forks, and tells once exec has succeeded or failed, without ever waiting for it.

    Args:
        loop: watches the pipes of those on their way.
        home_id: first half of the marker that all our processes carry in their environment.
        boot_id: of this boot.
    """

    def __init__(self, loop: Loop, home_id: str, boot_id: str) -> None:
        self._loop = loop
        self._home_id = home_id
        self._boot_id = boot_id
        self.starting: dict[int, Starting] = {}

    def marker(self, launch_id: str) -> str:
        """The value of VROOLI_LAUNCH for a launch."""
        return f"{self._home_id}:{launch_id}"

    def start(
        self, spec: dict[str, Any], done: Callable[[Launch, Failure | None, int | None], None]
    ) -> Launch:
        """Fork; the launch is on its way to exec when this returns.

        Args:
            spec: checked by `check_spec`.
            done: called later with the launch, why it failed if so, and its status if it has
                already ended.
        """
        launch = Launch(os.urandom(8).hex(), spec["service"], spec["fingerprint"], time.time())
        launch.boot_id = self._boot_id
        launch.tag = tag_for(launch.launch_id)
        outlet = self._fork(launch, spec)
        stat = proc.read_stat(launch.pid)  # it stays until we reap it, at least as a zombie
        launch.start_ticks = stat.start_ticks if stat is not None else 0
        self.starting[launch.pid] = Starting(launch, outlet, spec, done)
        item = self.starting[launch.pid]
        self._loop.watch(outlet, lambda _: self._read(item))
        item.timer = self._loop.after(EXEC_DEADLINE, lambda: self._overdue(item))
        return launch

    def _fork(self, launch: Launch, spec: dict[str, Any]) -> int:
        """Sets the pid of `launch`; the descriptor on which its child will report."""
        marker = (wire.MARKER, self.marker(launch.launch_id))
        try:
            outlet, inlet = os.pipe2(os.O_CLOEXEC)
        except OSError as error:
            raise _no_process(error) from error
        os.set_blocking(outlet, False)
        # No signal may find our handlers in the child: it is blocked until they are reset there.
        before = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
        try:
            launch.pid = os.fork()
            if launch.pid == 0:
                become(spec, marker, launch.tag, inlet)
        except OSError as error:
            os.close(outlet)
            raise _no_process(error) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(inlet)
        return outlet

    def _read(self, item: Starting) -> None:
        chunk = os.read(item.outlet, MAX_REPORT)
        if chunk and len(item.report) < MAX_REPORT:
            item.report += chunk
        else:
            self._finish(item)

    def _finish(self, item: Starting) -> None:
        self._loop.cancel(item.timer)
        self._loop.forget(item.outlet)
        os.close(item.outlet)
        del self.starting[item.launch.pid]
        failure = explain(item.report, item.spec) if item.report else None
        item.done(item.launch, failure, item.status)

    def _overdue(self, item: Starting) -> None:
        log("error", f"{item.launch.service} did not reach exec within {EXEC_DEADLINE} s")
        proc.send(item.launch.pid, item.launch.start_ticks, signal.SIGKILL)
        item.report = json.dumps({"stage": "deadline", "errno": 0, "detail": ""}).encode()
        self._finish(item)


def _no_process(error: OSError) -> Failure:
    limit = "the machine or this user has reached its limit of processes, memory or open files"
    return Failure("StartFailed", f"cannot fork: {error.strerror}", limit)


def check_spec(spec: object) -> dict[str, Any]:
    """A LaunchSpec as JSON, checked; `Failure` when it is not one."""
    if not isinstance(spec, dict):
        raise Failure("ProtocolError", "spec: expected an object")
    checked: dict[str, Any] = {
        name: wire.field(spec, name, (str,), ...) for name in ("service", "cwd", "log_path")
    }
    checked["fingerprint"] = wire.field(spec, "fingerprint", (str,), "")
    checked["user"] = wire.field(spec, "user", (str,), None)
    checked["stdin"] = wire.field(spec, "stdin", (str,), None)
    checked["nice"] = wire.field(spec, "nice", (int,), 0)
    if not 0 <= checked["nice"] <= LOWEST_PRIORITY:
        raise Failure("ProtocolError", f"nice: expected 0 to {LOWEST_PRIORITY}")
    checked["argv"] = _strings(spec, "argv", ...)
    checked["expose"] = _strings(spec, "expose", [])
    env = wire.field(spec, "env", (dict,), ...)
    if not all(isinstance(value, str) for value in env.values()):
        raise Failure("ProtocolError", "env: expected text values")  # never shows one: secrets
    checked["env"] = env
    _no_nul(checked)
    return checked


def _strings(spec: dict[str, Any], name: str, default: object) -> list[str]:
    value: list[str] = wire.field(spec, name, (list,), default)
    if not all(isinstance(item, str) for item in value):
        raise Failure("ProtocolError", f"{name}: expected a list of text")
    if name == "argv" and not (value and value[0]):
        raise Failure("StartFailed", "the command is empty", "name a program in `command`")
    return value


def _no_nul(spec: dict[str, Any]) -> None:
    for name, value in spec["env"].items():
        if not name or "=" in name or "\0" in name + value:
            what = f"environment variable {name!r:.60} cannot be passed on"
            raise Failure("StartFailed", what, "correct it in `env`")
    texts = [*spec["argv"], *spec["expose"], spec["cwd"], spec["log_path"], spec["user"] or ""]
    if any("\0" in text for text in texts):
        raise Failure("StartFailed", "the command or a path holds a NUL character", "take it out")


def explain(report: bytes, spec: dict[str, Any]) -> Failure:
    """What the child reported, in words."""
    try:
        told = json.loads(report)
        stage, number, detail = str(told["stage"]), int(told["errno"]), str(told["detail"])
    except (ValueError, KeyError, TypeError):
        return Failure("StartFailed", "the new process failed before exec", "see the keeper's log")
    what, next_step = _words(stage, number, detail, spec)
    return Failure("StartFailed", what, next_step)


def _words(stage: str, number: int, detail: str, spec: dict[str, Any]) -> tuple[str, str]:
    why = os.strerror(number) if number else detail
    user = spec["user"] or "this user"
    if stage == "exec":
        return _exec_words(number, detail, spec, why)
    if stage == "cwd":
        if number in (errno.ENOENT, errno.ENOTDIR):
            what = f"working directory {spec['cwd']} does not exist"
            return what, "make the folder, or correct `cwd`"
        return f"{user} cannot enter the working directory {spec['cwd']}: {why}", "correct `cwd`"
    if stage == "user":
        if number == errno.ESRCH:
            return f"user {spec['user']} does not exist", "create it, or correct `user`"
        return f"cannot become user {spec['user']}: {why}", "correct `user`"
    if stage == "expose":
        choices = 'move it to where that user can read, or set `user = "root"`'
        return f"user {spec['user']} cannot read below {detail} ({why})", choices
    if stage == "log":
        return f"cannot open the log {spec['log_path']}: {why}", "check the folder and free space"
    if stage == "deadline":
        seconds = f"{EXEC_DEADLINE:.0f} s"
        what = f"{spec['argv'][0]} could not be started within {seconds}"
        return what, f"check the file systems of {spec['cwd']} and of the program"
    return f"cannot start {spec['argv'][0]}: {stage}: {why}", "see the reason above"


def _exec_words(number: int, detail: str, spec: dict[str, Any], why: str) -> tuple[str, str]:
    program, user = spec["argv"][0], spec["user"] or "this user"
    closed = detail if detail.startswith("/") else ""  # else the error in the kernel's words
    if number == errno.ENOENT and detail == "interpreter":
        what = f"the interpreter in the first line of {program} does not exist"
        return what, "install it, or correct the first line"
    if number == errno.ENOENT:
        place = "" if "/" in program else f" in PATH {spec['env'].get('PATH', os.defpath)}"
        what = f"command not found: {program}{place}"
        if closed:
            return f"{what} ({user} cannot enter {closed})", "install it, or correct `command`"
        return what, "install it, or correct `command`"
    if number == errno.EACCES and closed:
        what = f"{user} may not execute {program}: it cannot enter {closed}"
        return what, "move it, open that folder, or have another `user` run it"
    if number == errno.EACCES:
        return f"{user} may not execute {program}", "check its mode"
    if number == errno.ENOEXEC:
        what = f"{program} is no program for this machine"
        return what, "a script needs a first line such as #!/bin/sh"
    if number == errno.E2BIG:
        return f"command and environment of {program} are too long", "shorten them"
    return f"cannot execute {program}: {why}", "check the command"
