"""Where the home of a stack is, and what machine this is: the facts that every process of ours
begins with.
"""

import hashlib
import os
import pwd
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from vrooli.core.errors import StorageError, UsageError
from vrooli.core.home import Home
from vrooli.core.machine import Machine
from vrooli.stack.durable import write_durably
from vrooli.stack.names import DEFAULT_NAME

SERVICE_USER = "vrooli"
"""The system user that runs services when root brings the stack up."""

SYSTEM_HOMES = Path("/var/lib/vrooli")
"""Where root's homes lie."""

USER_HOMES = ".local/state/vrooli"
"""Where those of others lie, below their home folders, when `XDG_STATE_HOME` says nothing else."""

HOST_ID = "host-id"

HOME_ID = "home-id"


def find_home(stack: str, environment: Mapping[str, str]) -> Home:
    """`$VROOLI_HOME`, else `/var/lib/vrooli/<stack>` for root, else
    `$XDG_STATE_HOME/vrooli/<stack>`. Links are followed: one home has one run folder, however it is
    reached.

    Raises:
        UsageError: `$VROOLI_HOME` is relative: it would be another home in every folder.
    """
    said = environment.get("VROOLI_HOME")
    root = _whole(Path(said).expanduser()) if said else _homes(environment) / stack
    root = Path(os.path.realpath(root))
    return Home(root, _run_folder(root, environment))


def every_home(environment: Mapping[str, str]) -> list[Home]:
    """Where stacks of this user were brought up: `$VROOLI_HOME`, or all homes there are."""
    if environment.get("VROOLI_HOME"):
        return [find_home(DEFAULT_NAME, environment)]
    try:
        names = sorted(os.listdir(_homes(environment)))
    except OSError:
        return []
    return [find_home(name, environment) for name in names]


def _homes(environment: Mapping[str, str]) -> Path:
    if os.geteuid() == 0:
        return SYSTEM_HOMES
    base = environment.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "vrooli"


def _whole(path: Path) -> Path:
    if path.is_absolute():
        return path
    raise UsageError(
        "the home must be a whole path",
        where=f"VROOLI_HOME={path}",
        next_step=f"write VROOLI_HOME={path.absolute()}",
    )


def make_home(home: Home) -> None:
    """Make the folders of `home`, private where secrets are. `UsageError` when it cannot be
    written.
    """
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        home.logs.mkdir(mode=0o755, exist_ok=True)
        home.secrets.mkdir(mode=0o700, exist_ok=True)
        (home.root / "data").mkdir(mode=0o755, exist_ok=True)
        _make_run(home.run)
        with suppress(OSError):  # the full disk of an older home: nothing is held there then
            home.holds.mkdir(mode=0o700, exist_ok=True)  # whoever may open a file may lock it
        if not os.access(home.root, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise UsageError(
            f"the home of this stack cannot be written: {error.strerror}",
            where=str(error.filename or home.root),
            next_step="choose another by VROOLI_HOME=/path, or make this one writable",
        ) from error


def this_machine(home: Home) -> Machine:
    """Facts about this machine. Makes a host id in the home when the system has none."""
    root = os.geteuid() == 0
    return Machine(
        host_id=host_id(home),
        boot_id=Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip(),
        memory_bytes=_memory(),
        cpus=len(os.sched_getaffinity(0)),
        root=root,
        service_user=SERVICE_USER if root else None,
        python=sys.executable,
        code=code_folders(),
        user=_user_name(),
    )


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return ""


def code_folders() -> tuple[str, ...]:
    """What our own processes must be able to read: interpreter, standard library, packages,
    sources.
    """
    package = Path(__file__).resolve().parents[2]
    found = [sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), str(package)]
    real = [os.path.realpath(path) for path in found]
    return tuple(dict.fromkeys([*found, *real]))


def runtime_folder(environment: Mapping[str, str]) -> str:
    """`$XDG_RUNTIME_DIR`, or where it is when nobody says so (`su`, cron): all commands of a user
    must find the same sockets. Empty when there is none.
    """
    for folder in (environment.get("XDG_RUNTIME_DIR", ""), f"/run/user/{os.geteuid()}"):
        if folder and os.access(folder, os.W_OK):
            return folder
    return ""


def _run_folder(root: Path, environment: Mapping[str, str]) -> Path:
    """A short folder: sun_path holds 107 bytes (unix(7)), and PostgreSQL adds 19 of its own. What
    was brought up before this user had a runtime folder (no login yet) is found where it is.
    """
    name = hashlib.sha256(str(root).encode()).hexdigest()[:10]
    if os.geteuid() == 0:
        return Path("/run/vrooli") / name
    runtime = runtime_folder(environment)
    without = Path(tempfile.gettempdir()) / f"vrooli-{os.geteuid()}" / name
    if not runtime:
        return without
    run = Path(runtime) / "vrooli" / name
    return without if _is_served(root, without) and not _is_served(root, run) else run


def _is_served(root: Path, run: Path) -> bool:
    """Whether a keeper's socket is there, and nobody else can have put it there."""
    try:
        paths = (run.parent, run, Home(root, run).keeper_socket)
        return {path.lstat().st_uid for path in paths} == {os.geteuid()}
    except OSError:
        return False


def _make_run(run: Path) -> None:
    run.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    run.mkdir(mode=0o711, exist_ok=True)
    for folder in (run.parent, run):
        owner = folder.lstat()
        if owner.st_uid not in (0, os.geteuid()):
            raise StorageError(
                f"belongs to user {owner.st_uid}, not to us",
                where=str(folder),
                next_step="remove it, or set XDG_RUNTIME_DIR to a folder of your own",
            )


def host_id(home: Home) -> str:
    """What tells this machine from others; in the home where it has nothing of its own."""
    for path in (Path("/etc/machine-id"), home.root / HOST_ID):
        try:
            text = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text:
            return text
    made = os.urandom(16).hex()
    (home.root / HOST_ID).write_text(made + "\n", encoding="ascii")
    return made


def home_id(home: Home) -> str:
    """What tells this home from any other one of this machine; made when it is first asked for.

    Raises:
        StorageError: the disk does not take or give it.
    """
    path = home.root / HOME_ID
    try:
        if path.exists() and (text := path.read_text(encoding="ascii").strip()):
            return text
        made = os.urandom(16).hex()
        write_durably(path, made + "\n", 0o644)
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(
            f"the id of this stack cannot be kept: {error}",
            where=str(path),
            next_step="make room on the disk of the home, and look who owns the file",
        ) from error
    return made


def _memory() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(limit).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            return min(total, int(text))
    return total
