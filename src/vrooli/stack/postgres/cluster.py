"""The commands that make a new database cluster: whole under its final name, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vrooli.core.command import Command, EnsureDirectory, Remove, Rename, RunOnce, WriteFile
from vrooli.core.errors import ConfigError
from vrooli.core.launch import LaunchSpec
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.settings import MAIN_CONF

SUPERUSER = "postgres"
MAKING = ".new"
"""Behind the name of the data: where it is made."""

ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_SHELLS = '"$`\\\n'
"""What means something between double quotes of a shell."""

_MINUTES = 300.0
"""Seconds for initdb: 1 to 3 on a common disk; a slow one may sync for minutes."""


@dataclass(frozen=True, slots=True)
class NewCluster:
    """A cluster to be made.

    Attributes:
        service: names the log and the recorded process.
        data: final folder.
        log_path: where the programs' output goes.
        user: system user that will own it.
        superuser_verifier, role_verifier: for SCRAM; no password leaves our own files.
    """

    service: str
    installation: Installation
    data: Path
    log_path: str
    user: str | None
    role: str
    database: str
    superuser_verifier: str = field(repr=False)
    role_verifier: str = field(repr=False)


def made_as(service: str) -> str:
    """The name under which the keeper records what makes a cluster for `service`."""
    return f"{service}.prepare"


def commands(new: NewCluster, vrooli_conf: str) -> Sequence[Command]:
    """Make it beside its final place; the rename at the end is what makes it count.

    A kill in between leaves a `.new` folder, which the next attempt removes.

    Raises:
        ConfigError: the path of the programs holds what a shell would take for its own.
    """
    stage = new.data.with_name(f"{new.data.name}{MAKING}")
    cluster = stage / "cluster"
    return (
        *initialised(new, stage, vrooli_conf),
        _run(new, stage, "create role and database", _single(new, cluster), _sql(new)),
        Rename(str(cluster), str(new.data)),
        Remove(str(stage)),
    )


def initialised(new: NewCluster, stage: Path, vrooli_conf: str) -> Sequence[Command]:
    """Make a cluster without anything in it: `stage / "cluster"`. What was in `stage` goes.

    Raises:
        ConfigError: the path of the programs holds what a shell would take for its own.
    """
    require_plain(new.installation.bin, new.service)
    cluster, password = stage / "cluster", stage / "verifier"
    return (
        Remove(str(stage)),
        # Ours, not the server's: whoever owned it could put a link in the place of `cluster`, and
        # direct what we write as root.
        EnsureDirectory(str(stage), 0o711 if new.user else 0o700),
        EnsureDirectory(str(cluster), 0o700, new.user),
        WriteFile(str(password), new.superuser_verifier + "\n", 0o600, new.user),
        _run(new, stage, "create the database cluster", _initdb(new, cluster, password)),
        WriteFile(str(cluster / "postgresql.conf"), MAIN_CONF, 0o600, new.user),
        WriteFile(str(cluster / "vrooli.conf"), vrooli_conf, 0o600, new.user),
    )


def require_plain(programs: Path, service: str) -> None:
    """initdb asks `postgres` for its version by a shell, and puts its path between double quotes
    as it is (find_other_exec in src/common/exec.c).
    """
    taken = next((sign for sign in str(programs) if sign in _SHELLS), None)
    if taken is not None:
        raise ConfigError(
            f"PostgreSQL's initdb fails where the path of its programs holds {taken!r}: {programs}",
            where=service,
            next_step="choose another home by VROOLI_HOME=/path",
        )


def _initdb(new: NewCluster, cluster: Path, password: Path) -> tuple[str, ...]:
    return (
        str(new.installation.bin / "initdb"),
        f"--pgdata={cluster}",
        f"--username={SUPERUSER}",
        f"--pwfile={password}",
        "--auth-local=scram-sha-256",
        "--auth-host=scram-sha-256",
        "--data-checksums",
        "--encoding=UTF8",
        *_locale(new.installation.major),
        "--lc-messages=C",
    )


def _locale(major: int) -> tuple[str, ...]:
    """Sort orders of PostgreSQL itself: an upgrade of the C library must not break indexes.

    Before 17 it has none for UTF-8; then text sorts by its bytes, which no library changes either.
    """
    if major >= 17:
        return ("--locale-provider=builtin", "--locale=C.UTF-8")
    return ("--locale=C.UTF-8", "--lc-collate=C")


def _single(new: NewCluster, cluster: Path) -> tuple[str, ...]:
    # -j: a statement ends at an empty line. exit_on_error: else errors are printed and forgotten.
    program = str(new.installation.bin / "postgres")
    # Nobody follows it yet whom a commit could wait for.
    options = ("-c", "exit_on_error=on", "-c", "synchronous_standby_names=")
    return (program, "--single", "-j", *options, "-D", str(cluster), "template1")


def _sql(new: NewCluster) -> str:
    role, database = _identifier(new.role), _identifier(new.database)
    return (
        f"CREATE ROLE {role} LOGIN PASSWORD '{new.role_verifier}';\n\n"
        f"CREATE DATABASE {database} OWNER {role};\n\n"
        # May read the server's views and nothing else, as migration v010 of it says; who makes it
        # has to be a superuser.
        "CREATE ROLE vrooli_reader NOLOGIN;\n\n"
    )


def _identifier(name: str) -> str:
    quoted = name.replace('"', '""')
    return f'"{quoted}"'


def _run(
    new: NewCluster, stage: Path, title: str, argv: tuple[str, ...], stdin: str | None = None
) -> RunOnce:
    root = (new.installation.root,) if new.installation.root else ()
    spec = LaunchSpec(
        service=made_as(new.service),
        argv=argv,
        cwd=str(stage),
        env=ENV,
        log_path=new.log_path,
        user=new.user,
        expose=(*root, str(stage)) if new.user else (),
        stdin=stdin,
    )
    return RunOnce(title, spec, _MINUTES, undo_path=str(stage))
