"""The new process between fork and exec. Only what must happen there; it never returns."""

from __future__ import annotations

import errno
import json
import os
import pwd
import signal

from vrooli.host.keeper.expose import Unreadable, expose, first_unsearchable
from vrooli.host.keeper.tag import put_on

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


class _Stage:
    """What is being done, so that a failure can name it."""

    def __init__(self) -> None:
        self.name = "setup"
        self.detail = ""


def become(spec: dict[str, Any], marker: tuple[str, str], tag: int, report_fd: int) -> NoReturn:
    """Turn into the program; a failure is written to `report_fd` as JSON {stage, errno, detail}.

    Args:
        spec: what `check_spec` returned.
        marker: name and value of the variable by which descendants are known.
        tag: the limit by which they are known when they have lost it.
        report_fd: closes itself at exec, which tells the keeper of success.
    """
    stage = _Stage()
    try:
        put_on(tag)
        _steps(spec, marker, report_fd, stage)
    except Unreadable as error:
        _report(report_fd, "expose", error.errno, error.folder)
    except OSError as error:
        _report(report_fd, stage.name, error.errno or 0, stage.detail or str(error))
    except BaseException as error:  # noqa: BLE001 -- this copy of the keeper must not go on
        _report(report_fd, stage.name, 0, f"{type(error).__name__}: {error}")
    finally:
        os._exit(127)


def _report(fd: int, stage: str, number: int, detail: str) -> None:
    text = json.dumps({"stage": stage, "errno": number, "detail": detail[:4000]})
    os.write(fd, text.encode())


def _steps(spec: dict[str, Any], marker: tuple[str, str], report_fd: int, stage: _Stage) -> None:
    """1. signals, session, nice; 2. descriptors; 3. exposed folders, user; 4. folder; 5. exec."""
    _reset_signals()
    os.setsid()
    os.umask(0o022)
    os.nice(spec["nice"])
    stage.name = "log"
    _plug(spec, report_fd)
    if spec["user"] is not None and os.geteuid() == 0:
        stage.name = "user"
        account = _account(spec["user"])
        groups = os.getgrouplist(account.pw_name, account.pw_gid)
        stage.name = "expose"
        expose(spec["expose"], account.pw_uid, account.pw_gid, groups)
        stage.name = "user"
        os.setgroups(groups)
        os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
        os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
    stage.name = "cwd"
    os.chdir(spec["cwd"])
    stage.name = "exec"
    _exec(spec["argv"], _environment(spec["env"], marker), stage)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if signal.getsignal(number) not in (signal.SIG_DFL, None):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _plug(spec: dict[str, Any], report_fd: int) -> None:
    if spec["stdin"] is None:
        source = os.open("/dev/null", os.O_RDONLY)
    else:
        # A memory file takes any length at once, where a pipe would need somebody to feed it.
        source = os.memfd_create("stdin", 0)
        view = memoryview(spec["stdin"].encode())
        while view:
            view = view[os.write(source, view) :]
        os.lseek(source, 0, os.SEEK_SET)
    # O_NOFOLLOW: the folder may belong to the service's user, who must not direct root's hand.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NOCTTY
    sink = os.open(spec["log_path"], flags, 0o640)
    os.dup2(source, 0)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.closerange(3, report_fd)
    os.closerange(report_fd + 1, 1 << 20)


def _account(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError as error:
        raise OSError(errno.ESRCH, "no such user") from error


def _environment(env: dict[str, str], marker: tuple[str, str]) -> dict[str, str]:
    # Last, so that it lies at the end of the block: programs that write their title over arguments
    # and environment (PostgreSQL) reach it last.
    return {
        **{name: value for name, value in env.items() if name != marker[0]},
        marker[0]: marker[1],
    }


def _exec(argv: list[str], env: dict[str, str], stage: _Stage) -> None:
    """execve(2) with the search that execvp(3) does, through the PATH of the new environment. A
    closed folder in it is no reason for a failure: whether it holds the program, nobody knows.
    """
    program = argv[0]
    if "/" in program:
        candidates = [program]
    else:
        folders = env.get("PATH", os.defpath).split(os.pathsep)
        candidates = [os.path.join(folder or ".", program) for folder in folders]
    denied: OSError | None = None
    closed: str | None = None
    for path in candidates:
        try:
            os.execve(path, argv, env)
        except (FileNotFoundError, NotADirectoryError) as error:
            if os.path.isfile(path):
                stage.detail = "interpreter"
                raise OSError(errno.ENOENT, "no interpreter") from error
        except PermissionError as error:
            folder = first_unsearchable(os.path.abspath(path))
            closed = closed or folder
            if folder is None or "/" in program:
                denied = denied or error
    if denied is None or "/" in program:
        stage.detail = closed or ""
    raise denied or OSError(errno.ENOENT, "not found")
