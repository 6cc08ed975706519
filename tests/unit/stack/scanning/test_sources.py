"""What each source makes of what it is told."""

import json
from dataclasses import replace

import pytest

from vrooli.core.address import UnixPath
from vrooli.core.errors import ProtocolError
from vrooli.core.ports.listeners import Listener
from vrooli.core.ports.programs import Answer
from vrooli.host.memory.files import MemoryFiles
from vrooli.host.memory.listeners import MemoryListeners
from vrooli.host.memory.programs import MemoryPrograms
from vrooli.host.memory.streams import MemoryStream, MemoryStreams
from vrooli.stack.scan import docker, listeners, systemd
from vrooli.stack.scanning.known import Known, new
from vrooli.stack.scanning.source import DOCKER, Thing, Tools, sources

PROXY = Listener("0.0.0.0", 8080, 10, "docker-proxy", "root")
NGINX = Listener("0.0.0.0", 80, 20, "nginx", "root", unit="nginx.service")
CACHE = Listener("127.0.0.1", 6379, 30, "redis-server", "me")
HOSTED = Listener("::", 9000, 40, "app", "root", container="b" * 64)
ALL = MemoryListeners(PROXY, NGINX, CACHE, HOSTED).listening()

CONTAINERS = [
    {
        "Id": "a" * 64,
        "Names": ["/shop-web-1"],
        "Image": "registry/web:2@sha256:0",
        "Command": "serve --password geheim",
        "Ports": [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}],
    },
    {"Id": "b" * 64, "Names": ["/hosted"], "Image": "app", "Ports": []},
    {"Id": "c" * 64, "Names": ["/quiet"], "Image": "batch", "Ports": [{"PrivatePort": 1}]},
]
UNITS = [
    {"unit": "nginx.service", "description": "A web server"},
    {"unit": "report.service", "description": "Ours"},
    {"unit": "cron.service", "description": "Of the distribution"},
    {"unit": "systemd-resolved.service", "description": "Plumbing"},
]


def tools(
    files: MemoryFiles | None = None,
    streams: MemoryStreams | None = None,
    programs: MemoryPrograms | None = None,
) -> Tools:
    """A machine."""
    programs = programs or MemoryPrograms({})
    return Tools(files or MemoryFiles(), streams or MemoryStreams(), programs, ALL)


def test_those_that_know_most_come_first() -> None:
    assert [source.id for source in sources()] == ["docker", "systemd", "listeners"]


def test_a_container_is_found_with_its_ports_and_without_its_command() -> None:
    hosted, quiet, web = docker.things(CONTAINERS, ALL)
    assert (web.key, web.listeners, web.about) == (
        "shop-web-1",
        (PROXY,),
        "container shop-web-1 of registry/web:2",
    )
    assert hosted.listeners == (HOSTED,)
    assert quiet.listeners == ()


def test_a_port_that_is_published_without_a_proxy_is_found() -> None:
    (web,) = docker.things(CONTAINERS[:1], ())
    assert web.listeners == (Listener("0.0.0.0", 8080),)


def test_units_that_listen_or_were_written_here_are_found() -> None:
    found = systemd.things(UNITS, ALL, {"report.service"})
    assert [(thing.key, thing.listeners) for thing in found] == [
        ("nginx.service", (NGINX,)),
        ("report.service", ()),
    ]


def test_each_port_is_one_thing_on_whatever_addresses() -> None:
    both = [Listener("0.0.0.0", 80, 1, "a"), Listener("::", 80, 1, "a"), Listener("::1", 81)]
    first, second = listeners.things(both)
    assert (first.name, len(first.listeners)) == ("a", 2)
    assert second.name == "port-81"


def test_what_was_found_in_several_ways_is_listed_once() -> None:
    things = [
        *docker.things(CONTAINERS, ALL),
        *systemd.things(UNITS, ALL, {"report.service"}),
        *listeners.things(ALL),
    ]
    names = [thing.name for thing in new(things, Known())]
    assert names == ["hosted", "quiet", "shop-web-1", "nginx", "report", "redis-server"]


def test_what_the_file_has_is_not_found_again() -> None:
    known = Known(ports=frozenset({6379, 80}), held=frozenset({("docker", "quiet")}))
    things = [*docker.things(CONTAINERS, ALL), *systemd.things(UNITS, ALL, set())]
    things += listeners.things(ALL)
    assert [thing.name for thing in new(things, known)] == ["hosted", "shop-web-1"]
    assert new([Thing("x", "docker", "quiet")], known) == []


async def test_where_there_is_no_manager_nothing_is_found() -> None:
    assert await docker.SOURCE.look(tools()) == ()
    assert await systemd.SOURCE.look(tools()) == ()


async def test_a_manager_that_refuses_is_told() -> None:
    async def refuses(stream: MemoryStream) -> None:
        await stream.read(4096)
        await stream.write(b"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n")

    streams = MemoryStreams()
    streams.serve(UnixPath(DOCKER), refuses)
    with pytest.raises(ProtocolError, match="500"):
        await docker.SOURCE.look(tools(MemoryFiles({DOCKER: ""}), streams))
    await streams.aclose()


async def test_the_engine_is_asked_for_what_runs() -> None:
    async def engine(stream: MemoryStream) -> None:
        asked = await stream.read(4096)
        assert asked.startswith(b"GET /containers/json ")
        body = json.dumps(CONTAINERS).encode()
        await stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    streams = MemoryStreams()
    streams.serve(UnixPath(DOCKER), engine)
    found = await docker.SOURCE.look(tools(MemoryFiles({DOCKER: ""}), streams))
    assert [thing.name for thing in found] == ["hosted", "quiet", "shop-web-1"]
    await streams.aclose()


async def test_systemd_is_asked_where_it_runs() -> None:
    files = MemoryFiles(
        {"/run/systemd/system/x": "", "/etc/systemd/system/report.service": "[Service]"}
    )
    programs = MemoryPrograms({"systemctl": Answer(0, json.dumps(UNITS))})
    found = await systemd.SOURCE.look(tools(files, programs=programs))
    assert [thing.key for thing in found] == ["nginx.service", "report.service"]
    assert programs.asked[0].startswith("systemctl list-units ")


async def test_whoever_is_not_root_has_units_of_their_own() -> None:
    files = MemoryFiles({"/run/systemd/system/x": "", "/home/me/units/report.service": "[Service]"})
    programs = MemoryPrograms({"systemctl --user": Answer(0, json.dumps(UNITS))})
    mine = replace(tools(files, programs=programs), user_units="/home/me/units")
    assert "report.service" in [thing.key for thing in await systemd.SOURCE.look(mine)]


async def test_a_systemd_that_refuses_is_told() -> None:
    files = MemoryFiles({"/run/systemd/system/x": ""})
    programs = MemoryPrograms({"systemctl": Answer(1, "", "Failed to connect to bus")})
    with pytest.raises(ProtocolError, match="Failed to connect"):
        await systemd.SOURCE.look(tools(files, programs=programs))
