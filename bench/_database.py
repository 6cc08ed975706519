"""A database of 1 GB, and a plain PostgreSQL of Debian that holds it: what others work with."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.older_postgres import DEBIAN
from tests.support.ports import free_port

SCALE = 50
"""Of pgbench: 5 million rows, 641 MB."""

_BODY = """jsonb_build_object('user', n % 5000, 'path', '/p/' || md5(n::text), 'ms', n % 977,
'token', gen_random_uuid())"""
_ROW = f"gen_random_uuid(), now() - n * interval '1 second', 'kind' || n % 20, {_BODY}"

EVENTS = f"""
CREATE TABLE events (id uuid PRIMARY KEY, at timestamptz NOT NULL, kind text NOT NULL,
    body jsonb NOT NULL);
INSERT INTO events SELECT {_ROW} FROM generate_series(1, 700000) n;
CREATE INDEX ON events (at); CREATE INDEX ON events (kind);
CREATE INDEX ON events USING gin (body);
"""

MORE = f"INSERT INTO events SELECT {_ROW} FROM generate_series(1, 7000) n"
"""What a day brings."""

SETTLE = ("VACUUM (FREEZE, ANALYZE)", "CHECKPOINT")
"""So that no background work writes later what was written now."""


@dataclass
class Server:
    """How a PostgreSQL is reached."""

    bin: Path
    host: str
    port: int
    password: str
    database: str

    @property
    def env(self) -> dict[str, str]:
        """For its programs."""
        return {**os.environ, "PGPASSWORD": self.password, "LC_ALL": "C"}

    @property
    def where(self) -> list[str]:
        """Its place, as arguments."""
        return ["-h", self.host, "-p", str(self.port), "-U", "postgres"]

    def sql(self, *statements: str) -> str:
        """Run them; what the last one says."""
        said = ""
        for statement in statements:
            argv = [str(self.bin / "psql"), *self.where, "-qAtX", "-v", "ON_ERROR_STOP=1"]
            said = subprocess.run(
                [*argv, "-c", statement, self.database],
                env=self.env, check=True, capture_output=True, text=True,
            ).stdout.strip()  # fmt: skip
        return said

    def fill(self) -> None:
        """Have the database in it."""
        argv = [str(self.bin / "pgbench"), *self.where, "-i", "-q", "-s", str(SCALE), self.database]
        subprocess.run(argv, env=self.env, check=True, capture_output=True)
        self.sql(EVENTS, *SETTLE)


class Plain(Server):
    """A server of Debian as its packages make it, with pgBackRest where that is installed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(DEBIAN[-1], str(folder), free_port(), "", "bench")
        self.folder, self.data = folder, folder / "data"
        self.conf = folder / "pgbackrest.conf"

    @property
    def pgbackrest(self) -> list[str]:
        """The program, with our settings; empty where there is none."""
        found = shutil.which("pgbackrest")
        return [found, f"--config={self.conf}", "--stanza=bench"] if found else []

    def run(self, *argv: object, shell: str = "") -> float:
        """Seconds that a program of the server's user takes; `shell` is what people write."""
        user = pwd.getpwnam("postgres")
        begun = time.monotonic()
        ended = subprocess.run(
            shell or [str(part) for part in argv], shell=bool(shell), text=True,
            user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd=self.folder,
            env={**self.env, "HOME": str(self.folder)}, capture_output=True,
        )  # fmt: skip
        if ended.returncode:
            raise SystemExit(f"{shell or argv[0]} ended with {ended.returncode}: {ended.stderr}")
        return time.monotonic() - begun

    def make(self) -> None:
        """With archiving, which pgBackRest needs."""
        self.run(self.bin / "initdb", "-k", "-A", "trust", "-U", "postgres", "-D", self.data)
        push = " ".join(self.pgbackrest)
        lines = [f"port = {self.port}", "listen_addresses = ''", "max_wal_size = '4GB'"]
        lines.append(f"unix_socket_directories = '{self.folder}'")
        if push:
            lines += ["archive_mode = on", f"archive_command = '{push} archive-push %p'"]
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self.conf.write_text(
            f"[global]\nrepo1-path={self.folder}/repo\nlog-path={self.folder}\n"
            f"lock-path={self.folder}/lock\nspool-path={self.folder}/spool\ncompress-type=zst\n"
            f"compress-level=3\nprocess-max=2\nstart-fast=y\n[bench]\npg1-path={self.data}\n"
            f"pg1-port={self.port}\npg1-socket-path={self.folder}\npg1-user=postgres\n"
        )
        self.start()
        self.run(self.bin / "createdb", *self.where, "bench")
        if push:
            self.run(*self.pgbackrest, "stanza-create")

    def start(self) -> None:
        """Until it answers."""
        log = self.folder / "log"
        self.run(self.bin / "pg_ctl", "-w", "-t", "300", "-D", self.data, "-l", log, "start")

    def stop(self) -> None:
        """At once."""
        self.run(self.bin / "pg_ctl", "-w", "-m", "immediate", "-D", self.data, "stop")


@contextmanager
def plain() -> Iterator[Plain]:
    """One, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="vb-", dir="/tmp"))
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    server = Plain(folder)
    try:
        server.make()
        yield server
    finally:
        if (server.data / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def size_of(paths: Sequence[Path]) -> float:
    """MB of files, and of those below folders."""
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6
