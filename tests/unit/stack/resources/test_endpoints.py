"""The kinds `http`, `tcp` and `redis` against peers in memory."""

from pathlib import Path

import pytest

from tests.support.kinds import place, resource
from tests.support.peers import ADDRESS, run, saying
from vrooli.core.errors import ConfigError
from vrooli.core.result import Result
from vrooli.core.status import Status
from vrooli.host.clock import SystemClock
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.host.memory.streams import MemoryStreams
from vrooli.stack.kind import ProbeTools
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Service
from vrooli.stack.probe import probe
from vrooli.stack.resources.redis import KIND as REDIS

TEAPOT = b"HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n"


def look(service: Service, streams: MemoryStreams, root: Path) -> Result:
    """One probe."""
    clock = SystemClock()
    tools = ProbeTools(place(root, as_root=False), streams, MemoryKeeper(clock), clock)
    return run(streams, lambda: probe(service, tools))


def test_an_endpoint_may_say_which_codes_are_healthy(tmp_path: Path) -> None:
    service = resource("http", url=f"http://{ADDRESS}/x", runtime="external")
    assert look(service, saying(TEAPOT), tmp_path).status is Status.CRITICAL
    service = resource("http", url=f"http://{ADDRESS}/x", options={"status": [418]})
    assert look(service, saying(TEAPOT), tmp_path).status is Status.OK
    service = resource("http", url=f"http://{ADDRESS}/x", options={"status": [200]})
    assert look(service, saying(TEAPOT), tmp_path).status is Status.CRITICAL


@pytest.mark.parametrize("url", [f"tcp://{ADDRESS}", str(ADDRESS)])
def test_an_address_is_taken_with_or_without_its_scheme(url: str, tmp_path: Path) -> None:
    service = resource("tcp", url=url, runtime="external")
    assert look(service, saying(stay=True), tmp_path).status is Status.OK
    assert kind_of(service).public_url(service) == f"tcp://{ADDRESS}"


def test_an_address_without_a_port_says_what_to_write(tmp_path: Path) -> None:
    result = look(resource("tcp", url="host"), saying(), tmp_path)
    assert result.status is Status.UNKNOWN
    assert "port" in result.message


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ((b"+OK\r\n", b"+PONG\r\n"), Status.OK),
        ((b"-WRONGPASS invalid\r\n",), Status.CRITICAL),
        ((b"+OK\r\n", b"-NOAUTH Authentication required.\r\n"), Status.CRITICAL),
        ((b"+OK\r\n", b"-LOADING dataset\r\n"), Status.UNKNOWN),
        ((b"+OK\r\n", b"-MISCONF Errors writing to the AOF file\r\n"), Status.CRITICAL),
        ((b"+OK\r\n", b"+HELLO\r\n"), Status.CRITICAL),
    ],
)
def test_what_redis_says_decides(
    answers: tuple[bytes, ...], status: Status, tmp_path: Path
) -> None:
    service = resource("redis", port=ADDRESS.port)
    result = look(service, saying(*answers), tmp_path)
    assert result.status is status
    assert result.starting is (status is Status.UNKNOWN)
    assert bool(result.details.get("answered")) is (status is Status.CRITICAL)


def test_the_password_of_redis_is_in_its_file_and_nowhere_else(tmp_path: Path) -> None:
    where = place(tmp_path, as_root=False)
    service = resource("redis")
    commands = REDIS.prepare(service, where)
    password = where.secrets.create("redis-password")
    assert password not in repr(commands)
    assert password not in repr(REDIS.program(service, where))
    assert password not in REDIS.public_url(service)
    assert password in REDIS.url(service, where)


def test_without_redis_server_it_says_what_to_install(tmp_path: Path) -> None:
    service = resource("redis", options={"program": "/nonexistent/redis-server"})
    with pytest.raises(ConfigError) as caught:
        REDIS.prepare(service, place(tmp_path, as_root=False))
    assert "apt install redis-server" in caught.value.next_step


@pytest.mark.parametrize("name", ["port", "requirepass", "a b", "x\n"])
def test_settings_that_would_hide_redis_from_us_are_refused(name: str, tmp_path: Path) -> None:
    service = resource("redis", options={"settings": {name: "1"}})
    with pytest.raises(ConfigError):
        REDIS.prepare(service, place(tmp_path, as_root=False))
