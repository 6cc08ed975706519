"""Probes on real processes and ports."""

import asyncio
import dataclasses
import os
import sys
from pathlib import Path

import pytest

from tests.support.kinds import Bench, resource
from tests.support.ports import free_port
from vrooli.core.status import Status
from vrooli.stack.compiled import write_compiled
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Health, Service, Stack

PYTHON = "/usr/bin/python3" if os.geteuid() == 0 else sys.executable


def scenario(health: Health, **values: object) -> Service:
    """A scenario that is looked at so."""
    base = Service("web", "web", "scenario", "scenario", port=free_port(), health=health)
    return dataclasses.replace(base, **values)  # type: ignore[arg-type] # fields by name


def command(*words: str, timeout: float = 20.0) -> Health:
    """A health command."""
    return Health(type="exec", command=words, timeout=timeout)


@pytest.mark.parametrize(
    ("code", "status"),
    [(0, Status.OK), (1, Status.WARNING), (2, Status.CRITICAL), (3, Status.UNKNOWN)],
)
async def test_a_health_command_judges_by_its_exit_code(
    code: int, status: Status, real: Bench
) -> None:
    health = command("sh", "-c", f"echo 'DISK fine | x=1'; echo more; exit {code}")
    result = await real.look(scenario(health))
    assert (result.status, result.message) == (status, "DISK fine")


async def test_a_health_command_sees_the_environment_of_its_service(real: Bench) -> None:
    health = command("sh", "-c", 'echo "$PORT $WORD $(id -un)"')
    service = scenario(health, env={"WORD": "hello"})
    result = await real.look(service)
    port, word, user = result.message.split()
    assert (port, word) == (str(service.port), "hello")
    assert user != "root"


async def test_a_health_command_that_hangs_is_killed_and_critical(real: Bench) -> None:
    result = await real.look(scenario(command("sleep", "3600", timeout=0.3)))
    assert result.status is Status.CRITICAL
    clock = real.tools.clock
    deadline = clock.monotonic() + 30
    while any(launch.service == "web.probe" for launch in await real.keeper.launches()):
        assert clock.monotonic() < deadline
        await clock.sleep(0.05)


async def test_a_health_command_that_is_missing_is_unknown(real: Bench) -> None:
    result = await real.look(scenario(command("no-such-program")))
    assert result.status is Status.UNKNOWN
    assert "no-such-program" in result.message


async def test_the_output_of_a_health_command_is_bounded_and_printable(real: Bench) -> None:
    loud = r"head -c 3000000 /dev/zero | tr '\0' x; printf '\033[31m'"
    result = await real.look(scenario(command("sh", "-c", loud)))
    assert result.status is Status.OK
    assert len(result.message) <= 300
    assert result.message.isprintable()


async def test_a_scenario_is_asked_on_its_port(real: Bench) -> None:
    service = scenario(Health(type="http", target="/"))
    assert (await real.look(service)).status is Status.CRITICAL
    folder = real.place.home.data("web")
    served = dataclasses.replace(
        service,
        command=(PYTHON, "-m", "http.server", str(service.port), "--bind", "127.0.0.1"),
        cwd="/",
    )
    await real.prepare(served)
    await real.start(served)
    assert (await real.until(served)).message == "HTTP 200"
    missing = dataclasses.replace(served, health=Health(type="http", target="/nowhere"))
    assert (await real.look(missing)).details["http_status"] == 404
    assert folder.is_dir()


async def test_one_that_accepts_and_never_answers_is_critical(real: Bench) -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    service = scenario(Health(type="http", target="/", timeout=0.3))
    server = await asyncio.start_server(deaf, "127.0.0.1", service.port)
    async with server:
        result = await real.look(service)
        assert result.status is Status.CRITICAL
        assert "no answer within 0.3 s" in result.message
        port = dataclasses.replace(service, health=Health(type="tcp"))
        assert (await real.look(port)).status is Status.OK


async def test_a_scenario_asks_the_database_that_it_uses(real: Bench) -> None:
    database = resource("postgres")
    await real.up(database)
    web = scenario(
        Health(type="sql", target="SELECT 'mine'", timeout=20.0),
        env={"DATABASE_URL": "resource:postgres"},
    )
    stack = Stack("test", {"postgres": database, "web": web})
    write_compiled(stack, real.place.home.stack_json)
    result = await real.look(web)
    assert (result.status, result.details["answer"]) == (Status.OK, "mine")
    assert kind_of(web).url(web, real.place).startswith("http://")


async def test_the_output_lies_in_the_run_folder_not_on_the_disk(real: Bench) -> None:
    await real.look(scenario(command("true")))
    home = real.place.home
    assert (home.run / "probe-web.out").exists()
    assert not list(Path(home.logs).glob("probe-*"))
