"""What the resource kind `postgres` asks for."""

import dataclasses
import os
from pathlib import Path

import pytest

from tests.support.kinds import machine, place, resource
from vrooli.core.command import EnsureDirectory, Remove, Rename, RunOnce
from vrooli.core.errors import ConfigError
from vrooli.core.home import Home
from vrooli.stack.kind import Place
from vrooli.stack.resources.postgres import KIND, socket_folder


def runs(where: Place) -> list[RunOnce]:
    """The processes of a first start."""
    commands = KIND.prepare(resource("postgres"), where)
    return [command for command in commands if isinstance(command, RunOnce)]


def test_a_new_cluster_gets_its_name_last(tmp_path: Path) -> None:
    where = place(tmp_path, as_root=False)
    *_, rename, tidy = KIND.prepare(resource("postgres"), where)
    assert isinstance(rename, Rename)
    assert rename.target == str(where.home.data("postgres"))
    assert isinstance(tidy, Remove)


def test_it_sorts_by_its_own_rules_and_checks_its_pages(tmp_path: Path) -> None:
    initdb, _ = runs(place(tmp_path, as_root=False))
    wanted = {
        "--data-checksums",
        "--auth-local=scram-sha-256",
        "--auth-host=scram-sha-256",
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
        "--encoding=UTF8",
    }
    assert wanted <= set(initdb.spec.argv)


def test_no_password_is_in_any_argument_or_repr_or_even_in_the_input(tmp_path: Path) -> None:
    where = place(tmp_path, as_root=False)
    service = resource("postgres")
    commands = KIND.prepare(service, where)
    passwords = [where.secrets.create(f"postgres-{name}") for name in ("superuser", "vrooli")]
    for password in passwords:
        assert password not in repr(commands)
        for run in (command for command in commands if isinstance(command, RunOnce)):
            assert password not in (run.spec.stdin or "")
    assert "SCRAM-SHA-256" not in repr(commands)


def test_the_url_holds_the_password_and_the_public_one_does_not(tmp_path: Path) -> None:
    where = place(tmp_path, as_root=False)
    service = dataclasses.replace(resource("postgres"), port=15432)
    password = where.secrets.create("postgres-vrooli")
    assert KIND.url(service, where) == f"postgresql://vrooli:{password}@127.0.0.1:15432/vrooli"
    assert KIND.public_url(service) == "postgresql://vrooli@127.0.0.1:15432/vrooli"


def test_an_external_url_is_shown_without_its_password() -> None:
    service = resource("postgres", url="postgresql://me:secret@db:5432/x", runtime="external")
    assert KIND.public_url(service) == "postgresql://me@db:5432/x"
    assert KIND.public_url(dataclasses.replace(service, url="env:DB")) == "env:DB"


def test_root_does_not_run_it(tmp_path: Path) -> None:
    where = Place(Home(tmp_path, tmp_path), machine(root=True), place(tmp_path).secrets)
    with pytest.raises(ConfigError, match="root"):
        KIND.prepare(resource("postgres", user="root"), where)


def test_files_without_pg_version_are_not_overwritten(tmp_path: Path) -> None:
    where = place(tmp_path, as_root=False)
    data = where.home.data("postgres")
    (data / "base").mkdir(parents=True)
    with pytest.raises(ConfigError, match="PG_VERSION is missing"):
        KIND.prepare(resource("postgres"), where)


def test_data_of_another_major_version_is_refused_with_advice(tmp_path: Path) -> None:
    where = place(tmp_path, as_root=False)
    data = where.home.data("postgres")
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n", encoding="ascii")
    with pytest.raises(ConfigError, match="PostgreSQL 9") as caught:
        KIND.prepare(resource("postgres"), where)
    assert "installation" in caught.value.next_step


@pytest.mark.parametrize("name", ["postgres", "p" * 200, "ü" * 60])
def test_the_socket_fits_into_its_107_bytes(name: str) -> None:
    home = Home(Path("/home"), Path("/run/vrooli/0123456789"))
    assert len(f"{socket_folder(home, name)}/.s.PGSQL.65535.lock".encode()) <= 107


def test_names_are_quoted_in_sql(tmp_path: Path) -> None:
    where = place(tmp_path, as_root=False)
    service = resource("postgres", options={"role": 'a"b', "database": "select"})
    single = [c for c in KIND.prepare(service, where) if isinstance(c, RunOnce)][1]
    assert single.spec.stdin is not None
    assert 'CREATE ROLE "a""b" LOGIN' in single.spec.stdin
    assert 'CREATE DATABASE "select" OWNER "a""b"' in single.spec.stdin


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_what_a_taken_over_server_leaves_for_root_to_read_is_refused(
    tmp_path: Path, kind: str
) -> None:
    where, service = place(tmp_path, as_root=False), resource("postgres")
    data = where.home.data(service.name)
    data.mkdir(parents=True)
    secret = tmp_path / "shadow"
    secret.write_text("root:$6$secret", encoding="ascii")
    if kind == "link":
        (data / "PG_VERSION").symlink_to(secret)
    else:
        os.mkfifo(data / "PG_VERSION")
    with pytest.raises(ConfigError) as refused:
        KIND.prepare(service, where)
    assert "secret" not in str(refused.value)


def test_nobody_but_us_can_change_what_stands_in_the_folder_of_a_new_cluster(
    tmp_path: Path,
) -> None:
    commands = KIND.prepare(resource("postgres"), place(tmp_path, as_root=True))
    owners = {c.path: c.user for c in commands if isinstance(c, EnsureDirectory)}
    stage = next(path for path in owners if path.endswith(".new"))
    assert owners[stage] is None


@pytest.mark.parametrize("sign", list('$"`\\'))
def test_a_home_whose_path_a_shell_would_read_otherwise_is_refused(
    tmp_path: Path, sign: str
) -> None:
    home = tmp_path / f"a{sign}b"
    home.mkdir()
    with pytest.raises(ConfigError, match="the path of its programs holds") as caught:
        KIND.prepare(resource("postgres"), place(home))
    assert "VROOLI_HOME" in caught.value.next_step
