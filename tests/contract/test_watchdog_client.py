"""The typed client of the watchdog: paths, tokens, and what a dying watchdog looks like."""

import asyncio
import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import pytest

from tests.support.tiny_server import Asked, reply, serving
from vrooli.client.server import ServerClient, address_of
from vrooli.client.token import read_token
from vrooli.client.watchdog import WatchdogClient
from vrooli.core.address import HostPort
from vrooli.core.errors import (
    AccessDenied,
    ConfigError,
    CutOff,
    ProtocolError,
    Unreachable,
    UsageError,
)
from vrooli.core.home import Home

T = TypeVar("T")


def by_me(path: str) -> str:
    """What changes something names who asks for it."""
    return f"{path}?by={quote(getpass.getuser())}"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path, tmp_path)
    found.secrets.mkdir()
    found.operator_token.write_text("tok-123\n", encoding="ascii")
    return found


async def against(
    home: Home, answers: dict[str, tuple[int, Any]], call: Callable[[WatchdogClient], T]
) -> tuple[T, list[Asked]]:
    """Run `call` against a watchdog that gives `answers` by path (bytes are sent as they are)."""
    seen: list[Asked] = []

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        seen.append(asked)
        status, body = answers.get(asked.path, (404, {"error": {"message": "no such path"}}))
        is_raw = isinstance(body, bytes)
        await reply(writer, status, None if is_raw else body, raw=body if is_raw else None)

    async with serving(answer, home.watchdog_socket):
        value = await asyncio.to_thread(lambda: call(WatchdogClient.of(home)))
    return value, seen


@pytest.mark.parametrize(
    ("path", "answer", "call"),
    [
        ("/health", {"a": 1}, WatchdogClient.health),
        ("/status", {"a": 1}, WatchdogClient.status),
        ("/checks", [{"a": 1}], WatchdogClient.checks),
        ("/checks/a%2Fb", {"a": 1}, lambda client: client.check("a/b")),
        ("/heals?limit=7", [{"a": 1}], lambda client: client.heals(7)),
        (
            "/heals?limit=7&subject=a%2Fb&since=5",
            [{"a": 1}],
            lambda client: client.heals(7, subject="a/b", since=5, until=None),
        ),
        ("/boot", {"a": 1}, WatchdogClient.boot),
        ("/stack", {"a": 1}, WatchdogClient.stack),
        ("/history", {"a": 1}, WatchdogClient.incidents),
        ("/history?since=7d", {"a": 1}, lambda client: client.incidents(since="7d", check=None)),
        ("/history/a%2Fb?limit=7", {"a": 1}, lambda client: client.history("a/b", limit=7)),
        ("/uptime?check=web", [{"a": 1}], lambda client: client.uptime(check="web")),
        ("/trends", [{"a": 1}], WatchdogClient.trends),
        ("/timeline?before=5", {"a": 1}, lambda client: client.timeline(before=5)),
        ("/tick", {"a": 1}, WatchdogClient.tick),
        ("/tick?force=1", {"a": 1}, lambda client: client.tick(force=True)),
        (by_me("/reload"), {"a": 1}, WatchdogClient.reload),
        ("/notify?limit=7", {"a": 1}, lambda client: client.notifications(7)),
    ],
)
async def test_question_goes_to_its_path_with_the_token(
    home: Home, path: str, answer: Any, call: Callable[[WatchdogClient], Any]
) -> None:
    value, [asked] = await against(home, {path: (200, answer)}, call)
    assert value == answer
    assert asked.headers["authorization"] == "Bearer tok-123"


async def test_metrics_are_text(home: Home) -> None:
    value, _ = await against(home, {"/metrics": (200, b"up 1\n")}, WatchdogClient.metrics)
    assert value == "up 1\n"


async def test_lists_may_stand_in_an_object(home: Home) -> None:
    value, _ = await against(home, {"/checks": (200, {"checks": []})}, WatchdogClient.checks)
    assert value == []


async def test_unhealthy_is_an_answer(home: Home) -> None:
    value, _ = await against(
        home, {"/health": (503, {"status": "unhealthy"})}, WatchdogClient.health
    )
    assert value == {"status": "unhealthy"}


@pytest.mark.parametrize("call", [WatchdogClient.status, WatchdogClient.checks])
async def test_wrong_shape_is_named(home: Home, call: Callable[[WatchdogClient], Any]) -> None:
    with pytest.raises(ProtocolError):
        await against(home, {"/status": (200, [1]), "/checks": (200, {"a": 1})}, call)


async def test_unknown_check_is_a_mistake_of_the_caller(home: Home) -> None:
    with pytest.raises(UsageError, match="no such path"):
        await against(home, {}, lambda client: client.check("nope"))


def progress(*events: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (lambda c: c.up(["web"], wait=True), {"action": "up", "names": ["web"], "wait": True}),
        (lambda c: c.down(), {"action": "down", "names": []}),
        (lambda c: c.service("web", "restart"), {"action": "restart", "names": ["web"]}),
    ],
)
async def test_operation_yields_progress_to_its_last_line(
    home: Home, call: Callable[[WatchdogClient], Any], body: dict[str, Any]
) -> None:
    lines = progress({"service": "web", "state": "starting"}, {"done": True, "ok": True})
    value, [asked] = await against(
        home, {by_me("/operations"): (200, lines)}, lambda client: list(call(client))
    )
    assert value[-1] == {"done": True, "ok": True}
    assert len(value) == 2
    assert asked.json() == body


async def test_operation_without_a_last_line_means_the_watchdog_died(home: Home) -> None:
    lines = progress({"service": "web", "state": "starting"})
    with pytest.raises(CutOff, match="in the middle of up"):
        await against(home, {by_me("/operations"): (200, lines)}, lambda client: list(client.up()))


async def test_connection_that_breaks_means_the_watchdog_died(home: Home) -> None:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await writer.drain()
        writer.transport.abort()

    async with serving(answer, home.watchdog_socket):
        with pytest.raises(CutOff, match="in the middle of down"):
            await asyncio.to_thread(lambda: list(WatchdogClient.of(home).down()))


async def test_operation_is_there_when_it_was_taken_on_before_its_first_line(home: Home) -> None:
    go_on = asyncio.Event()

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        line = progress({"done": True, "ok": True})
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(line))
        await go_on.wait()
        writer.write(line)
        await writer.drain()

    async with serving(answer, home.watchdog_socket):
        lines = await asyncio.to_thread(WatchdogClient.of(home).up)
        go_on.set()
        assert await asyncio.to_thread(list, lines) == [{"done": True, "ok": True}]


async def test_operation_that_is_refused_is_none(home: Home) -> None:
    refusal = (400, {"error": {"message": "`wbe` is not in this stack"}})
    with pytest.raises(UsageError, match="wbe"):
        await against(home, {by_me("/operations"): refusal}, lambda client: client.up(["wbe"]))


def test_without_a_watchdog_it_is_unreachable(home: Home) -> None:
    with pytest.raises(Unreachable):
        WatchdogClient.of(home).status()


def test_without_a_token_nothing_was_started(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="nothing was started"):
        WatchdogClient.of(Home(tmp_path, tmp_path))


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines", b"\xff\xfe", b"x" * 5000])
def test_file_that_holds_no_token_is_named_without_its_content(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(AccessDenied) as caught:
        read_token(file)
    assert "lines" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:3001", HostPort("127.0.0.1", 3001)),
        ("http://server/", HostPort("server", 80)),
        ("http://[::1]:3001", HostPort("::1", 3001)),
    ],
)
def test_server_address_is_read(url: str, address: HostPort) -> None:
    assert address_of(url) == address


@pytest.mark.parametrize(
    "url", ["https://a", "a:3001", "http://", "http://a/b", "http://a:99999", "http://u:p@a"]
)
def test_bad_server_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        address_of(url)


async def test_server_client_reads_and_posts(home: Home) -> None:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        status = 200 if asked.headers.get("authorization") == "Bearer tok-123" else 401
        await reply(writer, status, {"path": asked.path, "method": asked.method})

    async with serving(answer) as target:
        assert isinstance(target, HostPort)
        client = ServerClient(target, home.operator_token)
        assert await client.get("/x") == {"path": "/x", "method": "GET"}
        assert (await client.post("/y", {})).json() == {"path": "/y", "method": "POST"}
        write(home.operator_token, "another")
        with pytest.raises(AccessDenied):
            await client.get("/x")


def write(file: Path, text: str) -> None:
    file.write_text(text, encoding="ascii")
