"""Every resource kind keeps the same promises."""

import dataclasses
from pathlib import Path

import pytest

from tests.support.kinds import bench, place, resource
from tests.support.ports import free_port
from vrooli.core import discover
from vrooli.core.status import Status
from vrooli.host.clock import SystemClock
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.host.streams import AsyncioStreams
from vrooli.stack import resources
from vrooli.stack.kind import Kind, ProbeTools
from vrooli.stack.kinds import kind_of, resource_kinds
from vrooli.stack.probe import probe

KINDS = resource_kinds()
URLS = {"http": "http://127.0.0.1:{}/", "tcp": "tcp://127.0.0.1:{}"}
OWN_PROGRAM = ["postgres", "redis"]


def test_the_kinds_are_those_of_the_reference() -> None:
    assert KINDS == [
        "browserless",
        "command",
        "http",
        "ollama",
        "postgres",
        "qdrant",
        "redis",
        "searxng",
        "tcp",
    ]


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_says_what_it_is(name: str) -> None:
    kind = discover.load(resources, name, "KIND", Kind)
    assert kind.name == name
    assert kind.title
    assert kind.summary
    assert dataclasses.is_dataclass(kind.options)
    assert kind.options() is not None, "every option has a default"


@pytest.mark.parametrize("name", [name for name in KINDS if name != "command"])
async def test_a_dead_one_is_critical_and_quickly_so(name: str, tmp_path: Path) -> None:
    clock = SystemClock()
    tools = ProbeTools(place(tmp_path, as_root=False), AsyncioStreams(), MemoryKeeper(clock), clock)
    url = URLS.get(name, "").format(free_port())
    result = await probe(resource(name, url=url), tools)
    assert result.status is Status.CRITICAL
    assert "refused" in result.message
    assert not result.details.get("answered")


@pytest.mark.parametrize("name", KINDS)
def test_nothing_public_holds_a_password(name: str, tmp_path: Path) -> None:
    schemes = {"command": "amqp", "tcp": "tcp", "postgres": "postgresql", "redis": "redis"}
    scheme = schemes.get(name, "http")
    service = resource(name, url=f"{scheme}://me:hunter2@example.org:1/x?password=hunter2")
    assert "hunter2" not in kind_of(service).public_url(service)


@pytest.mark.parametrize("name", OWN_PROGRAM)
async def test_a_healthy_one_is_ok_and_preparing_it_again_changes_nothing(name: str) -> None:
    async with bench() as real:
        service = resource(name)
        result = await real.up(service)
        assert result.status is Status.OK
        assert result.unit == "ms"
        data = real.place.home.data(name)
        before = {path: path.stat().st_mtime_ns for path in data.glob("*.conf")}
        assert await real.prepare(service) == []
        assert {path: path.stat().st_mtime_ns for path in data.glob("*.conf")} == before
        assert (await real.look(service)).status is Status.OK
