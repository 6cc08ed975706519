"""An answer that comes before the body was read must reach the caller, who is still sending."""

import socket
from pathlib import Path

import pytest

from tests.support.server import Server
from vrooli.client.server import HISTORY_PATH, ServerClient
from vrooli.core.address import HostPort

HUGE = {"host": "h", "records": ["x" * 60_000] * 500}  # 30 MB, as the largest batch of a spool


def client(served: Server, token: str, folder: Path) -> ServerClient:
    """The product's own client with this token."""
    path = folder / "token"
    path.write_text(token, encoding="utf-8")
    return ServerClient(HostPort("127.0.0.1", served.port), path)


async def test_a_watchdog_hears_that_its_batch_is_too_large(served: Server, tmp_path: Path) -> None:
    answer = await client(served, served.token, tmp_path).post(HISTORY_PATH, HUGE)
    assert answer.status == 413


async def test_a_watchdog_hears_that_its_token_is_wrong(served: Server, tmp_path: Path) -> None:
    small = {**HUGE, "records": HUGE["records"][:60]}  # within the limit, larger than any buffer
    answer = await client(served, "wrong", tmp_path).post(HISTORY_PATH, small)
    assert answer.status == 401


@pytest.mark.parametrize("head", ["Content-Length: 100000000", "Transfer-Encoding: chunked"])
def test_a_caller_that_stops_sending_is_answered_all_the_same(served: Server, head: str) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as stuck:
        text = f"POST {HISTORY_PATH} HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n5\r\nhello"
        stuck.sendall(text.encode())
        status = stuck.makefile("rb").readline().split()[1]
    assert status == (b"413" if "Length" in head else b"401")
