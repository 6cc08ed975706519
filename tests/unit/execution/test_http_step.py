"""The step `http`, by the twin: what is asked, what counts as a failure, what may be repeated."""

from typing import Any

import pytest

from tests.support.steps import call, executed, failure, output, tools
from vrooli.core.errors import CutOff, NobodyListens, ProtocolError
from vrooli.core.ports.http import Answer, Request, TlsFailed
from vrooli.execution.executor import StepExecutor
from vrooli.host.memory.http import MemoryHttp
from vrooli.host.memory.secrets import MemorySecrets

URL = "https://a.test/x?one=1"
SECRET = 'hun"ter2'


def answering(status: int = 200, body: bytes = b"", **headers: str) -> MemoryHttp:
    """Always the same."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def server(request: Request) -> Answer:
        return Answer(status, named, body)

    return MemoryHttp(server)


def raising(error: Exception) -> MemoryHttp:
    """Never an answer."""

    async def server(request: Request) -> Answer:
        raise error

    return MemoryHttp(server)


async def asked(http: MemoryHttp, **arguments: Any) -> Any:
    secrets = MemorySecrets({"env:TOKEN": SECRET})
    return await executed("http", {"url": URL, **arguments}, tools(http=http, secrets=secrets))


async def test_text_and_json_come_as_what_they_are() -> None:
    got = output(await asked(answering(body="ä\0".encode(), content_type="text/plain")))
    assert got == {"status": 200, "headers": {"content-type": "text/plain"}, "body": "ä�"}
    got = output(await asked(answering(body=b'{"a": [1]}', content_type="application/hal+json")))
    assert got["json"] == {"a": [1]}
    got = output(await asked(answering(body=b"\xe4", content_type="text/plain; charset=latin-1")))
    assert got["body"] == "ä"
    got = output(await asked(answering(204, content_type="application/json")))
    assert got["body"] == ""


@pytest.mark.parametrize("body", [b"<html>", b'{"a": NaN}', b"[" * 100_000])
async def test_json_that_is_none(body: bytes) -> None:
    http = answering(body=body, content_type="application/json")
    assert failure(await asked(http)) == ("garbage", False)


async def test_what_is_sent() -> None:
    http = answering()
    await asked(
        http,
        method="POST",
        query={"q": "a&b", "n": 2, "yes": True, "many": ["x", 1]},
        headers={"Authorization": {"secret": "env:TOKEN", "prefix": "Bearer "}, "X-A": "b"},
        json={"k": "ä"},
        idempotency_header="Idempotency-Key",
    )
    (sent,) = http.sent
    assert sent.url == "https://a.test/x?one=1&q=a%26b&n=2&yes=true&many=x&many=1"
    assert sent.headers == {
        "content-type": "application/json",
        "Authorization": f"Bearer {SECRET}",
        "X-A": "b",
        "Idempotency-Key": "run-1:it",
    }
    assert sent.body == '{"k": "ä"}'.encode()


@pytest.mark.parametrize(
    ("status", "method", "ends"),
    [
        (404, "GET", ("http-status", False)),
        (302, "GET", ("http-status", False)),
        (500, "GET", ("http-status", True)),
        (500, "POST", ("http-status", False)),
        (429, "POST", ("http-status", True)),
        (503, "POST", ("http-status", True)),
    ],
)
async def test_a_status_that_was_not_expected(
    status: int, method: str, ends: tuple[str, bool]
) -> None:
    assert failure(await asked(answering(status), method=method)) == ends


async def test_a_status_that_was() -> None:
    assert output(await asked(answering(404), expect=[200, 404]))["status"] == 404
    assert failure(await asked(answering(201), expect=[200, 404]))[0] == "http-status"


@pytest.mark.parametrize(
    ("error", "method", "ends"),
    [
        (NobodyListens("refused"), "POST", ("unreachable", True)),
        (CutOff("broke"), "GET", ("unreachable", True)),
        (CutOff("broke"), "POST", ("unknown-effect", False)),
        (TlsFailed("no"), "GET", ("tls", False)),
        (ProtocolError("no"), "GET", ("garbage", False)),
    ],
)
async def test_no_answer_by_its_kind(error: Exception, method: str, ends: tuple[str, bool]) -> None:
    assert failure(await asked(raising(error), method=method)) == ends


async def test_a_request_with_a_key_may_be_sent_again_when_it_broke() -> None:
    ended = await asked(raising(CutOff("broke")), method="POST", idempotency_header="Key")
    assert failure(ended) == ("unreachable", True)


async def test_too_large_an_answer_and_a_forbidden_address() -> None:
    assert failure(await asked(answering(body=b"xx"), max_bytes=1)) == ("too-large", False)
    assert failure(await asked(answering(), url="http://169.254.169.254/")) == ("forbidden", False)


async def test_a_secret_is_in_nothing_that_is_written_down() -> None:
    headers = {"X-Key": {"secret": "env:TOKEN"}}
    body = b'{"said": "hun\\"ter2", "hun\\"ter2": 1}'
    http = answering(body=body, content_type="application/json", x_said=SECRET)
    ended = await asked(http, headers=headers)
    assert output(ended)["json"] == {"said": "***", "***": 1}
    assert output(ended)["headers"]["x-said"] == "***"
    ended = await asked(answering(400, SECRET.encode()), headers=headers)
    assert ended.failure is not None
    assert SECRET not in ended.failure.reason
    assert "***" in ended.failure.reason


async def test_a_secret_that_is_not_there_is_named() -> None:
    ended = await asked(answering(), headers={"X-Key": {"secret": "env:NOTHING"}})
    assert failure(ended) == ("failed", False)
    assert ended.failure.where == "env:NOTHING"


async def test_redirects_only_when_asked_for_and_only_so_many() -> None:
    async def server(request: Request) -> Answer:
        return Answer(302, {"location": request.url + "x"}, b"")

    for most in (0, 3):
        http = MemoryHttp(server)
        assert failure(await asked(http, redirects=most)) == ("http-status", False)
        assert len(http.sent) == most + 1


@pytest.mark.parametrize(
    ("arguments", "repeatable"),
    [
        ({}, True),
        ({"method": "HEAD"}, True),
        ({"method": "POST"}, False),
        ({"method": "DELETE"}, False),
        ({"method": "POST", "repeatable": True}, True),
        ({"method": "POST", "idempotency_header": "Key"}, True),
    ],
)
def test_what_may_be_repeated(arguments: dict[str, Any], repeatable: bool) -> None:
    executor = StepExecutor("run-1", tools())
    assert executor.repeatable(call("http", {"url": URL, **arguments})) is repeatable


@pytest.mark.parametrize(
    "arguments",
    [
        {"url": "ftp://a"},
        {"json": 1, "body": "x"},
        {"headers": {"a b": "c"}},
        {"headers": {"a": {"secret": 1}}},
        {"headers": {"a": {"value": "x"}}},
        {"timeout": 3},
        {"redirects": 11},
        {"expect": []},
    ],
)
async def test_arguments_that_cannot_be(arguments: dict[str, Any]) -> None:
    assert failure(await asked(answering(), **arguments)) == ("arguments", False)
