"""The resource kind `postgres` on real servers: the embedded one, and Debian's."""

import asyncio
import dataclasses
import os
import subprocess
from pathlib import Path
from signal import Signals
from typing import Any

import asyncpg
import pytest

from tests.support.kinds import Bench, resource
from vrooli.core.command import RunOnce
from vrooli.core.errors import ConfigError
from vrooli.core.result import Result
from vrooli.core.status import Status
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Health, Service

SYSTEM = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
ROOT = os.geteuid() == 0


def debian() -> str:
    """The bin folder of the newest PostgreSQL of this system."""
    assert SYSTEM, "apt install postgresql"
    return str(SYSTEM[-1].parent)


async def sql(real: Bench, service: Service, statement: str) -> Any:
    """One value, as the role."""
    connection = await asyncpg.connect(kind_of(service).url(service, real.place), ssl=False)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["embedded", "system"])
async def running(request: pytest.FixtureRequest, real: Bench) -> Service:
    """A healthy PostgreSQL."""
    options = {"installation": "embedded" if request.param == "embedded" else debian()}
    service = resource("postgres", options=options)
    await real.up(service)
    return service


async def test_the_cluster_is_as_it_was_asked_for(real: Bench, running: Service) -> None:
    wanted = {
        "data_checksums": "on",
        "password_encryption": "scram-sha-256",
        "fsync": "on",
        "wal_level": "replica",
        "max_slot_wal_keep_size": "4GB",
        "shared_buffers": "256MB",
        "server_encoding": "UTF8",
        "listen_addresses": "127.0.0.1",
        "lc_messages": "C",
    }
    for name, value in wanted.items():
        assert await sql(real, running, f"SHOW {name}") == value, name
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert await sql(real, running, owner) == "vrooli"
    assert await sql(real, running, "SELECT usesuper FROM pg_user WHERE usename = user") is False
    reader = "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'vrooli_reader'"
    assert await sql(real, running, reader) is False
    assert await sql(real, running, "SELECT upper('ä') || ('b' < 'C')::text") == "Äfalse"


async def test_the_embedded_one_sorts_by_its_own_rules(real: Bench) -> None:
    service = resource("postgres")
    await real.up(service)
    provider = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'vrooli'"
    assert await sql(real, service, provider) == "bC.UTF-8"
    assert await sql(real, service, "SHOW summarize_wal") == "on"


async def test_it_runs_unprivileged_and_its_files_are_its_own(
    real: Bench, running: Service
) -> None:
    pid = real.launches[running.name].identity.pid
    assert (os.stat(f"/proc/{pid}").st_uid != 0) or not ROOT
    data = real.place.home.data(running.name)
    assert data.stat().st_mode & 0o777 == 0o700
    assert (data / "vrooli.conf").stat().st_mode & 0o777 == 0o600
    assert not data.with_name("postgres.new").exists()
    assert data.stat().st_uid == os.stat(f"/proc/{pid}").st_uid
    assert real.place.secrets.create("postgres-superuser") not in real.log(running)


async def test_the_superuser_has_a_password_too(real: Bench, running: Service) -> None:
    password = real.place.secrets.create("postgres-superuser")
    where: dict[str, Any] = {"host": "127.0.0.1", "port": running.port, "ssl": False}
    connection = await asyncpg.connect(user="postgres", password=password, **where)
    try:
        hashes = await connection.fetch("SELECT rolpassword FROM pg_authid WHERE rolcanlogin")
        assert all(row[0].startswith("SCRAM-SHA-256$4096:") for row in hashes)
    finally:
        await connection.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(user="postgres", password="guess", **where)


async def test_a_kill_is_seen_and_its_recovery_is_not_taken_for_sickness(
    real: Bench, running: Service
) -> None:
    await sql(real, running, "CREATE TABLE kept AS SELECT generate_series(1, 200000) AS n")
    await real.signal(running, Signals.SIGKILL, tree=True)
    await real.ended(running)
    dead = await real.look(running)
    assert dead.status is Status.CRITICAL
    assert not dead.starting
    await real.start(running)
    seen: list[Result] = []
    while not (seen and seen[-1].healthy):
        seen.append(await real.look(running))
    # Refused while the port is not open yet; from the first answer on "starting", then healthy.
    answered = [result for result in seen if "refused" not in result.message]
    assert all(result.starting for result in answered[:-1]), seen
    assert await sql(real, running, "SELECT count(*) FROM kept") == 200_000


async def test_recovery_is_reported_as_starting(real: Bench) -> None:
    service = resource("postgres", options={"settings": {"max_wal_size": "8GB"}})
    await real.up(service)
    await sql(
        real, service, "CREATE TABLE t AS SELECT repeat('x', 900) FROM generate_series(1, 60000)"
    )
    await real.signal(service, Signals.SIGKILL, tree=True)
    await real.ended(service)
    await real.start(service)
    states: list[Result] = []
    while not (states and states[-1].healthy):
        states.append(await real.look(service))
    starting = [result for result in states if result.starting]
    assert starting, [result.message for result in states]
    assert starting[0].details["sqlstate"] == "57P03"
    assert starting[0].status is Status.UNKNOWN


async def test_a_single_killed_backend_mends_itself(real: Bench, running: Service) -> None:
    connection = await asyncpg.connect(kind_of(running).url(running, real.place), ssl=False)
    pid = await connection.fetchval("SELECT pg_backend_pid()")
    os.kill(pid, Signals.SIGKILL)
    result = await real.until(running)
    assert result.status is Status.OK
    connection.terminate()


async def test_a_stopped_server_is_critical_at_the_deadline(real: Bench, running: Service) -> None:
    await real.signal(running, Signals.SIGSTOP, tree=True)
    short = dataclasses.replace(running, health=Health(type="kind", timeout=0.5))
    result = await real.look(short)
    assert result.status is Status.CRITICAL
    assert "no answer" in result.message
    assert not result.details.get("answered")
    await real.signal(running, Signals.SIGCONT, tree=True)
    await real.until(running)


async def test_it_stops_by_its_signals_in_time_and_data_stays(
    real: Bench, running: Service
) -> None:
    await sql(real, running, "CREATE TABLE kept AS SELECT 42 AS n")
    await real.signal(running, Signals[f"SIG{kind_of(running).stop_signals[0]}"])
    await real.ended(running)
    assert "database system is shut down" in real.log(running)
    await real.up(running)
    assert await sql(real, running, "SELECT n FROM kept") == 42


async def test_a_wrong_password_is_an_answer_not_a_hang(real: Bench, running: Service) -> None:
    url = f"postgresql://vrooli:wrong@127.0.0.1:{running.port}/vrooli"
    other = resource("postgres", runtime="external", url=url)
    result = await real.look(other)
    assert result.status is Status.CRITICAL
    assert result.details["answered"] is True
    assert "wrong" not in result.message


async def test_too_many_connections_is_an_answer_not_a_hang(real: Bench) -> None:
    service = resource("postgres", options={"settings": {"max_connections": "8"}})
    await real.up(service)
    url = kind_of(service).url(service, real.place)
    held = [await asyncpg.connect(url, ssl=False) for _ in range(5)]  # 8, less 3 reserved
    try:
        result = await real.look(service)
        assert result.status is Status.CRITICAL
        assert result.details == {"sqlstate": "53300", "answered": True}
    finally:
        for connection in held:
            connection.terminate()


async def test_a_declared_query_decides_and_is_ended_in_time(real: Bench, running: Service) -> None:
    def asking(query: str, timeout: float = 10.0) -> Service:
        health = Health(type="sql", target=query, timeout=timeout)
        return dataclasses.replace(running, health=health)

    assert (await real.look(asking("SELECT 7"))).details["answer"] == "7"
    failed = await real.look(asking("SELECT * FROM nowhere"))
    assert (failed.status, failed.details["sqlstate"]) == (Status.CRITICAL, "42P01")
    late = await real.look(asking("SELECT pg_sleep(3600)", 1.0))
    assert late.status is Status.CRITICAL


async def test_a_new_setting_takes_the_next_start(real: Bench) -> None:
    service = resource("postgres")
    await real.up(service)
    await real.signal(service, Signals.SIGINT)
    await real.ended(service)
    changed = dataclasses.replace(service, options={"settings": {"work_mem": "9MB"}})
    await real.up(changed)
    assert await sql(real, changed, "SHOW work_mem") == "9MB"


async def test_a_kill_at_any_moment_of_the_making_leaves_nothing_half_made(real: Bench) -> None:
    service = resource("postgres")
    data = real.place.home.data("postgres")
    for seconds in (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 1.0):
        task = asyncio.create_task(real.prepare(service))
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        whole = (data / "PG_VERSION").exists()
        assert whole or not data.exists() or not any(data.iterdir())
    await real.up(service)
    assert await sql(real, service, "SELECT 1") == 1


async def test_a_failed_making_says_why_and_leaves_nothing(real: Bench) -> None:
    service = resource("postgres", options={"role": "pg_reserved"})
    with pytest.raises(Exception, match="pg_reserved"):
        await real.prepare(service)
    home = real.place.home
    assert not home.data("postgres").exists()
    assert not home.data("postgres").with_name("postgres.new").exists()


async def test_data_of_another_major_version_is_refused_by_both(real: Bench) -> None:
    service = resource("postgres", options={"installation": debian()})
    await real.up(service)
    await real.signal(service, Signals.SIGINT)
    await real.ended(service)
    embedded = dataclasses.replace(service, options={})
    with pytest.raises(ConfigError) as caught:
        await real.prepare(embedded)
    major = Path(debian()).parent.name
    assert f"PostgreSQL {major}" in caught.value.what
    assert "18" in caught.value.what


async def test_no_secret_is_in_any_argument_of_a_running_process(
    real: Bench, running: Service
) -> None:
    pids = [real.launches[running.name].identity.pid]
    children = Path(f"/proc/{pids[0]}/task/{pids[0]}/children").read_text(encoding="ascii")
    secrets = [real.place.secrets.create(f"postgres-{name}") for name in ("superuser", "vrooli")]
    for pid in [*pids, *map(int, children.split())]:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except FileNotFoundError:  # a short-lived one
            continue
        assert not any(secret.encode() in words for secret in secrets)
    commands = kind_of(running).prepare(running, real.place)
    assert not [command for command in commands if isinstance(command, RunOnce)]


@pytest.mark.parametrize(
    ("mode", "status"),
    [("require", Status.OK), ("prefer", Status.OK), ("verify-full", Status.CRITICAL)],
)
async def test_tls_is_spoken_where_the_server_has_it(
    mode: str, status: Status, real: Bench
) -> None:
    service = resource("postgres", options={"installation": debian(), "settings": {}})
    await real.prepare(service)
    certificate(real.place.home.data("postgres"))
    secured = dataclasses.replace(
        service, options={"installation": debian(), "settings": {"ssl": "on"}}
    )
    await real.up(secured)
    url = kind_of(secured).url(secured, real.place)
    external = resource("postgres", runtime="external", url=f"{url}?sslmode={mode}")
    result = await real.look(external)
    assert result.status is status, result
    if status is Status.CRITICAL:
        assert "not trusted" in result.message


async def test_tls_is_missed_where_the_server_lacks_it(real: Bench) -> None:
    service = resource("postgres")
    await real.up(service)
    url = kind_of(service).url(service, real.place)
    external = resource("postgres", runtime="external", url=f"{url}?sslmode=require")
    result = await real.look(external)
    assert result.status is Status.CRITICAL
    assert "TLS" in result.message


def certificate(data: Path) -> None:
    """A self-signed certificate for localhost where PostgreSQL looks for one."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-keyout", f"{data}/server.key"]
    command += ["-out", f"{data}/server.crt"]
    subprocess.run(command, check=True, capture_output=True)
    owner = data.stat()
    for name in ("server.key", "server.crt"):
        os.chmod(data / name, 0o600)
        os.chown(data / name, owner.st_uid, owner.st_gid)
