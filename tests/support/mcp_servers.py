"""The server of `mcp_server.py`, started as a program or found at an address, and what it saw."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port
from tests.support.waiting import wait_for
from vrooli.execution.mcp.servers import McpServers
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.piped_programs import PipedPrograms
from vrooli.stack.mcp import McpServer

ROOT = Path(__file__).parents[2]
SECRET = "shh-hunter2"


def command(seen: Path) -> tuple[str, ...]:
    """Starts it; it finds itself by a variable that it is given on its command line."""
    where = f"PYTHONPATH={ROOT}"
    return ("env", where, sys.executable, "-m", "tests.support.mcp_server", str(seen))


def program(seen: Path, **more: Any) -> McpServer:
    """As a program."""
    return McpServer("shop", command(seen), env={"TOKEN": "env:TOKEN"}, **more)


def declared(*servers: McpServer) -> McpServers:
    """Those, with the one secret."""
    known = {one.name: one for one in servers}
    return McpServers(known, MemorySecrets({"env:TOKEN": SECRET}), PipedPrograms())


def calls(seen: Path, since: int = 0) -> list[dict[str, Any]]:
    """What it was asked to do, after the first so many."""
    lines = seen.read_text(encoding="utf-8").splitlines() if seen.exists() else []
    return [json.loads(line) for line in lines][since:]


@contextmanager
def at_an_address(seen: Path) -> Iterator[str]:
    """One that listens, and its address."""
    port = free_port()
    argv = [sys.executable, "-m", "tests.support.mcp_server", str(seen), str(port)]
    process = subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/mcp"
    try:
        wait_for(lambda: _answers(url), "the MCP server")
        yield url
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code > 0
    except httpx.TransportError:
        return False
