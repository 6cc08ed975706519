"""A machine of its own with a real systemd as process 1: a container of systemd-nspawn.

Its tree is made here in a moment: `/usr` is this machine's, read-only; `/etc` has what no system
does without; everything else is empty and lasts until the test ends, over as many boots as it
likes. Our code is installed below `/opt/vrooli`, as pipx would, with this checkout's parts.

It needs root, a merged `/usr` with systemd and systemd-container, and leaves nothing behind: all
that runs in it ends with its process 1.
"""

import contextlib
import os
import shutil
import signal
import site
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from tests.support.stack import ROOT
from tests.support.waiting import wait_for
from vrooli.autoheal.watchdog.systemd import properties

PATIENCE = 60.0  # seconds; only a broken test waits so long
PREFIX = "/opt/vrooli"
PATH = f"{PREFIX}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LINKED = ("bin", "sbin", "lib", "lib64")
COPIED = (
    *("nsswitch.conf", "ld.so.conf", "ld.so.conf.d", "ld.so.cache", "alternatives", "ssl"),
    *("pam.d", "security", "login.defs", "shells", "services", "protocols", "debian_version"),
)
USERS = ("root", "nobody", "messagebus", "daemon")
GROUPS = ("nogroup", "adm", "tty", "disk", "shadow", "utmp", "users", "systemd-journal")

NSPAWN = Path("/run/systemd/nspawn")
TREES = tuple(Path("/sys/fs/cgroup", name) for name in (".", "unified", "systemd"))
"""Where control groups may be: one tree, or those of version 2 and of systemd's own names."""

T = TypeVar("T")
Ended = subprocess.CompletedProcess[str]


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    missing = [name for name in ("systemd-nspawn", "nsenter", "unshare") if not shutil.which(name)]
    if os.geteuid() != 0:
        return "only root can boot a container"
    if missing:
        return f"not installed: {', '.join(missing)} (apt-get install systemd-container)"
    if not Path("/bin").is_symlink() or not Path("/usr/lib/systemd/systemd").exists():
        return "this machine has no merged /usr with systemd"
    return ""


class SystemdHost:
    """One machine. `boot` it, `run` commands on it, `poweroff`, and `boot` again.

    Args:
        folder: where its tree is made.
        like: one that is off, whose tree is copied.
    """

    def __init__(self, folder: Path, like: "SystemdHost | None" = None) -> None:
        self.root = folder / "machine"
        self.name = f"vrooli-{uuid.uuid4().hex[:8]}"
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._init = 0
        self._console = folder / "console"
        self._bound: dict[str, str] = {"/usr": "/usr"}
        if like is not None:
            self._bound = dict(like._bound)
            subprocess.run(["cp", "-a", str(like.root), str(self.root)], check=True)
            return
        self._lay_out()
        self._install()

    # The tree

    def _lay_out(self) -> None:
        for name in ("usr", "etc/systemd/system", "var/lib", "var/log", "opt", "srv", "home"):
            (self.root / name).mkdir(parents=True)
        for name in ("run", "tmp", "dev", "proc", "sys", "root"):
            (self.root / name).mkdir()
        for name in LINKED:
            if Path("/", name).is_symlink():
                (self.root / name).symlink_to(f"usr/{name}")
        for name in COPIED:
            self._copy(Path("/etc", name), self.root / "etc" / name)
        shutil.copy("/usr/lib/os-release", self.root / "etc/os-release")
        self.write("/etc/machine-id", f"{uuid.uuid4().hex}\n")
        self.write("/etc/hostname", f"{self.name}\n")
        self.write("/etc/hosts", f"127.0.0.1 localhost {self.name}\n")
        for file, names in (("passwd", USERS), ("group", (*USERS, *GROUPS))):
            lines = Path("/etc", file).read_text(encoding="utf-8").splitlines(keepends=True)
            self.write(f"/etc/{file}", "".join(x for x in lines if x.split(":")[0] in names))
        self.write("/etc/shadow", "root:*:19000:0:99999:7:::\n")

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        elif source.exists():
            shutil.copy(source, target)

    def _install(self) -> None:
        """Our code as pipx would: a prefix of its own, with commands in its `bin`."""
        python = os.path.realpath(sys.executable)
        base = os.path.realpath(sys.base_prefix)
        if not base.startswith("/usr"):
            self._bind(base, base)
            for folder in Path(base).parents:  # all may enter, as into an installed Python
                self.path(str(folder)).chmod(0o755)
        parts = next(p for p in site.getsitepackages() if p.startswith(sys.prefix))
        self._bind(parts, "/opt/parts")
        self._bind(str(ROOT / "src"), "/opt/source")
        packages = f"{PREFIX}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
        self.write(f"{packages}/vrooli.pth", "/opt/parts\n/opt/source\n")
        self.write(f"{PREFIX}/pyvenv.cfg", f"home = {Path(python).parent}\n")
        self.path(f"{PREFIX}/bin").mkdir(parents=True)
        self.path(f"{PREFIX}/bin/python").symlink_to(python)
        for name, entry in (("vrooli", "main"), ("vrooli-autoheal", "autoheal")):
            text = f"#!{PREFIX}/bin/python\nfrom vrooli.main.cli import {entry}\n{entry}()\n"
            self.write(f"{PREFIX}/bin/{name}", text, mode=0o755)

    def _bind(self, source: str, target: str) -> None:
        self.path(target).mkdir(parents=True, exist_ok=True)
        self._bound[target] = source

    def path(self, inside: str) -> Path:
        """Where a path of the machine lies here; see `mounted` for its `/run` and `/tmp`."""
        return self.root / inside.lstrip("/")

    def mounted(self, inside: str) -> Path:
        """The same while it runs, as its own processes see it."""
        return Path(f"/proc/{self._init}/root", inside.lstrip("/"))

    def write(self, inside: str, text: str, mode: int = 0o644) -> None:
        """A file of the machine, with its folders."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def read(self, inside: str) -> str:
        """The text of one; empty when it is not there."""
        path = self.path(inside)
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    # Power

    def boot(self) -> None:
        """Switch it on; returns when it is up."""
        assert self._nspawn is None
        groups = self._make_groups()
        enter = "".join(f"echo $$ > '{group}/cgroup.procs'; " for group in groups)
        # A test run that is killed must not leave a machine behind: TERM shuts it down.
        nspawn = [
            "setpriv",
            "--pdeathsig",
            "TERM",
            "systemd-nspawn",
            "--quiet",
            "-D",
            str(self.root),
            "-M",
            self.name,
        ]
        nspawn += ["--register=no", *(["--keep-unit"] if groups else []), "--private-network"]
        nspawn += [f"--bind-ro={source}:{target}" for target, source in self._bound.items()]
        nspawn += ["--boot", "--console=pipe"]
        unshare = ["unshare", "-m", "--propagation", "private"]
        command = ["sh", "-c", f'{enter}exec "$@"', "sh", *unshare, *nspawn]
        # Control groups as every present system has them, also where this machine has the old ones.
        environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        with self._console.open("ab") as console:
            self._nspawn = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, env=environment
            )
        self._init = self.until(self._find_init, "process 1")
        self.until(self._is_up, "the machine is up")

    def _make_groups(self) -> list[Path]:
        """A control group of its own in every tree that systemd uses; where a systemd runs here, it
        makes one.
        """
        if Path("/run/systemd/system").exists():
            return []
        groups = [tree / self.name for tree in TREES if (tree / "cgroup.procs").exists()]
        for group in groups:
            group.mkdir(exist_ok=True)
        return groups

    def _find_init(self) -> int:
        assert self._nspawn is not None
        assert self._nspawn.poll() is None, self._console.read_text(errors="replace")
        pid = self._nspawn.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            with contextlib.suppress(OSError):
                if Path(f"/proc/{child}/exe").readlink().name == "systemd":
                    return int(child)
        return 0

    def _is_up(self) -> bool:
        state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
        return state in ("running", "degraded")

    def poweroff(self) -> None:
        """Shut it down in order; returns when it is off."""
        self.run("systemctl", "poweroff", check=False)
        self._end()

    def cut(self) -> None:
        """Pull the plug: all its processes end with the first, by the kernel's hand."""
        if self._init:
            os.kill(self._init, signal.SIGKILL)
        self._end()

    def _end(self) -> None:
        assert self._nspawn is not None
        self._nspawn.wait(timeout=2 * PATIENCE)
        self._nspawn, self._init = None, 0

    def close(self) -> None:
        """Off, whatever it does, and gone."""
        if self._nspawn is not None:
            self._nspawn.terminate()  # also one that never had a process 1
            self.cut()
        self._remove_traces()
        shutil.rmtree(self.root, ignore_errors=True)

    def _remove_traces(self) -> None:
        """What nspawn leaves behind."""
        for tree in TREES:
            folders = sorted((tree / self.name).glob("**/"), key=lambda x: -len(x.parts))
            for folder in folders:
                with contextlib.suppress(OSError):
                    folder.rmdir()
        facts = self.root.stat()
        NSPAWN.joinpath(f"locks/inode-{facts.st_dev}:{facts.st_ino}").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            NSPAWN.joinpath("propagate", self.name).rmdir()

    # Commands

    def run(
        self,
        *argv: str,
        user: str = "root",
        env: Mapping[str, str] | None = None,
        check: bool = True,
        seconds: float = 120,
    ) -> Ended:
        """A command on the machine, to its end."""
        ended = subprocess.run(
            [*self._entering(user, env or {}), *argv],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert not check or ended.returncode == 0, f"{argv}\n{ended.stdout}{ended.stderr}"
        return ended

    def _entering(self, user: str, env: Mapping[str, str]) -> list[str]:
        uid = self.uid(user)
        home = "/root" if uid == 0 else f"/home/{user}"
        told = {"PATH": PATH, "HOME": home, "USER": user, "NO_COLOR": "1", "LANG": "C.UTF-8"}
        words = [f"{name}={value}" for name, value in {**told, **env}.items()]
        become = (
            [] if uid == 0 else ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        )
        enter = ["nsenter", "-t", str(self._init), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w/"]
        return [*enter, "env", "-i", *words, *become]

    def add_user(self, name: str, uid: int) -> None:
        """A person."""
        self.run("useradd", "--create-home", "--uid", str(uid), "--shell", "/bin/sh", name)

    def add_unit(self, name: str, *lines: str, unit: Sequence[str] = ()) -> None:
        """A unit of the system: lines of its `[Service]`, and of its `[Unit]`."""
        runs = lines or ("ExecStart=sleep infinity",)
        self.write(f"/etc/systemd/system/{name}", "\n".join(["[Unit]", *unit, "[Service]", *runs]))
        self.run("systemctl", "daemon-reload")

    def uid(self, user: str) -> int:
        """The number of a user."""
        lines = (line.split(":") for line in self.read("/etc/passwd").splitlines())
        return next(int(fields[2]) for fields in lines if fields[0] == user)

    def show(self, unit: str, *names: str, user: str = "root") -> dict[str, str]:
        """Properties of a unit of the system, or of a user."""
        manager = ["systemctl"] if user == "root" else ["systemctl", "--user"]
        env = {} if user == "root" else {"XDG_RUNTIME_DIR": f"/run/user/{self.uid(user)}"}
        wanted = [f"--property={name}" for name in names]
        return properties(self.run(*manager, "show", unit, *wanted, user=user, env=env).stdout)

    def journal(self, *options: str) -> str:
        """What its journal has."""
        return self.run("journalctl", "--no-pager", "--output=short-precise", *options).stdout

    def until(self, condition: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
        """The first true value of `condition`."""
        found: T = wait_for(condition, what, seconds)
        return found


@contextlib.contextmanager
def systemd_host(folder: Path, like: SystemdHost | None = None) -> Iterator[SystemdHost]:
    """A machine that is up; skips the test where there can be none."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    host = SystemdHost(folder, like)
    try:
        host.boot()
        yield host
    finally:
        host.close()
