"""One look: always a result, never late, never an exception."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.kinds import place, resource
from tests.support.peers import ADDRESS, run, saying
from vrooli.core.errors import (
    AccessDenied,
    ConfigError,
    DeadlineExceeded,
    ProtocolError,
    SecretError,
    StorageError,
    Unreachable,
)
from vrooli.core.ports.streams import Streams
from vrooli.core.result import Result
from vrooli.core.status import Status
from vrooli.host.clock import SystemClock
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.host.memory.streams import MemoryStreams
from vrooli.stack.kind import ProbeTools
from vrooli.stack.model import Health, Service
from vrooli.stack.probe import probe


class Failing:
    """Streams that fail as told."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def open(self, address: object) -> Any:
        """Fail."""
        raise self.error


class Hanging:
    """Streams that never answer."""

    async def open(self, address: object) -> Any:
        """Wait for ever."""
        await asyncio.Event().wait()


def tools(streams: Streams, root: Path) -> ProbeTools:
    """What probes need, without a machine."""
    clock = SystemClock()
    return ProbeTools(place(root, as_root=False), streams, MemoryKeeper(clock), clock)


def service(timeout: float = 4.5, **health: Any) -> Service:
    """A scenario at the scripted address."""
    return Service(
        name="web",
        group="web",
        role="scenario",
        kind="scenario",
        port=ADDRESS.port,
        health=Health(timeout=timeout, **health),
    )


def look(target: Service, streams: Streams, root: Path) -> Result:
    """One probe."""
    twin = streams if isinstance(streams, MemoryStreams) else MemoryStreams()
    return run(twin, lambda: probe(target, tools(streams, root)))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unreachable("connection refused"), Status.CRITICAL),
        (DeadlineExceeded("late"), Status.CRITICAL),
        (ProtocolError("nonsense"), Status.CRITICAL),
        (AccessDenied("wrong password", next_step="correct it"), Status.CRITICAL),
        (StorageError("disk full", next_step="free some"), Status.UNKNOWN),
        (SecretError("no such variable", next_step="set it"), Status.UNKNOWN),
        (ConfigError("no port", next_step="write one"), Status.UNKNOWN),
        (ZeroDivisionError("a defect"), Status.UNKNOWN),
    ],
)
def test_every_error_becomes_a_result(error: Exception, status: Status, tmp_path: Path) -> None:
    result = look(service(type="http", target="/"), Failing(error), tmp_path)
    assert result.status is status
    assert result.unit == "ms"


def test_who_refuses_us_has_answered_and_is_not_hung(tmp_path: Path) -> None:
    result = look(
        service(type="tcp"),
        Failing(AccessDenied("wrong password", next_step="correct it")),
        tmp_path,
    )
    assert result.details["answered"] is True
    assert "refuses" in result.message


def test_who_never_answers_is_critical_at_the_deadline(tmp_path: Path) -> None:
    result = look(service(type="tcp", timeout=0.05), Hanging(), tmp_path)
    assert result.status is Status.CRITICAL
    assert "no answer within 0.05 s" in result.message
    assert "answered" not in result.details


def test_a_server_that_accepts_and_never_answers_is_critical(tmp_path: Path) -> None:
    streams = saying(stay=True)
    result = look(service(type="http", target="/", timeout=0.05), streams, tmp_path)
    assert result.status is Status.CRITICAL


async def test_a_cancelled_look_stays_cancelled(tmp_path: Path) -> None:
    task = asyncio.create_task(probe(service(type="tcp"), tools(Hanging(), tmp_path)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_without_a_probe_the_process_is_what_counts(tmp_path: Path) -> None:
    for target in (service(type="process"), service(type="kind"), resource("command")):
        assert look(target, MemoryStreams(), tmp_path).status is Status.OK


def test_a_port_that_is_kept_open_is_ok(tmp_path: Path) -> None:
    assert look(service(type="tcp"), saying(stay=True), tmp_path).status is Status.OK


def test_a_port_that_closes_at_once_is_critical(tmp_path: Path) -> None:
    result = look(service(type="tcp"), saying(), tmp_path)
    assert result.status is Status.CRITICAL
    assert "closes" in result.message


def test_a_port_that_is_none_is_our_own_mistake(tmp_path: Path) -> None:
    result = look(service(type="tcp", target="x"), MemoryStreams(), tmp_path)
    assert result.status is Status.UNKNOWN


@pytest.mark.parametrize("target", ["/health", f"http://{ADDRESS}/health"])
def test_a_path_and_a_url_are_both_looked_at(target: str, tmp_path: Path) -> None:
    streams = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    result = look(service(type="http", target=target), streams, tmp_path)
    assert (result.status, result.message) == (Status.OK, "HTTP 200")


def test_a_query_of_a_scenario_needs_to_know_its_database(tmp_path: Path) -> None:
    result = look(service(type="sql", target="SELECT 1"), MemoryStreams(), tmp_path)
    assert result.status is Status.UNKNOWN
    assert "DATABASE_URL" in result.message or "which database" in result.message
