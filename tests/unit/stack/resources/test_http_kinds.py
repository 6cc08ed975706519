"""The kinds that are asked by HTTP, against answers in their own protocols."""

from pathlib import Path

import pytest

from tests.support.kinds import place, resource
from tests.support.peers import ADDRESS, run, saying
from vrooli.core.result import Result
from vrooli.core.status import Status
from vrooli.host.clock import SystemClock
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.stack.kind import ProbeTools
from vrooli.stack.probe import probe

VERSION = (
    b'{"Browser": "Chrome/131.0.6778.33", "Protocol-Version": "1.3",'
    b' "webSocketDebuggerUrl": "ws://127.0.0.1:3000/devtools/browser/1"}'
)


def _look(kind: str, answer: bytes, folder: Path) -> Result:
    clock, streams = SystemClock(), saying(answer)
    tools = ProbeTools(place(folder, as_root=False), streams, MemoryKeeper(clock), clock)
    service = resource(kind, port=ADDRESS.port)
    return run(streams, lambda: probe(service, tools))


def _http(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        ("ollama", b'{"version": "0.5.1"}', "Ollama 0.5.1"),
        ("qdrant", b"all shards are ready", "all shards are ready"),
        ("searxng", b"OK", "says OK"),
        ("browserless", VERSION, "Chrome/131.0.6778.33 can be steered"),
    ],
)
def test_a_healthy_one_is_known_by_its_own_answer(
    kind: str, body: bytes, says: str, tmp_path: Path
) -> None:
    found = _look(kind, _http(200, body), tmp_path)
    assert (found.status, found.message) == (Status.OK, says)
    assert _look(kind, _http(503, body), tmp_path).status is Status.CRITICAL
    other = _look(kind, _http(200, b"<html>nginx</html>"), tmp_path)
    assert other.status is Status.CRITICAL
    assert other.details["answered"], "a restart of it would not help"
