"""A routine of real steps, from the request to the file, and what a crash leaves of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.steps import tools
from tests.support.tiny_server import Asked, serving
from vrooli.execution.executor import StepExecutor
from vrooli.execution.step_type import StepTools
from vrooli.execution.step_types import read_routine
from vrooli.flow.driver import Driver, End
from vrooli.flow.entries import Entry
from vrooli.flow.interpreter import Broken, Done
from vrooli.flow.journal import Written
from vrooli.host.clock import SystemClock
from vrooli.host.http import HttpxHttp
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.resolver import SystemResolver
from vrooli.host.sandbox.linux_sandbox import LinuxSandbox
from vrooli.host.sql import AsyncpgSql
from vrooli.host.workspaces import FolderWorkspaces

SECRET = "hunter2-hunter2"

REPORT = {
    "name": "report",
    "do": [
        {
            "parallel": [
                [
                    {
                        "step": "status",
                        "http": {
                            "url": "${inputs.url + '/status'}",
                            "headers": {"Authorization": {"secret": "env:TOKEN"}},
                        },
                    }
                ],
                [
                    {
                        "step": "sales",
                        "sql": {
                            "database": "env:REPORT_DB",
                            "query": "SELECT n, n * $1 AS amount FROM generate_series(1, 3) AS n",
                            "parameters": [10],
                        },
                    }
                ],
            ]
        },
        {
            "step": "text",
            "python": {
                "inputs": {
                    "services": "${steps.status.json.services}",
                    "rows": "${steps.sales.rows}",
                },
                "code": """
def main(inputs):
    total = sum(row["amount"] for row in inputs["rows"])
    lines = [f"- {one['name']}: {one['state']}" for one in inputs["services"]]
    return "\\n".join(["# Report", "", *lines, "", f"Total: {total}", ""])
""",
            },
        },
        {
            "step": "written",
            "tool": {
                "name": "write_file",
                "arguments": {"path": "reports/today.md", "text": "${steps.text}"},
            },
        },
    ],
    "output": "${steps.written.path}",
}

ORDER = {
    "name": "order",
    "do": [
        {"step": "paused", "wait": {"seconds": 0.01}},
        {
            "step": "ordered",
            "http": {"method": "POST", "url": "${inputs.url + '/order'}", "json": {"n": 1}},
            "retry": {"most": 5, "first": 0},
        },
    ],
}


class ListJournal:
    """Keeps entries for a test."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    async def read(self) -> list[Entry]:
        return list(self.entries)

    async def write(self, entry: Entry) -> Written:
        self.entries.append(entry)
        return Written.DONE


class Server:
    """A shop with a status; an order is never answered."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.ordered = asyncio.Event()

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.asked.append(asked)
        if asked.path == "/order":
            self.ordered.set()
            await asyncio.Event().wait()
        head = b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\n"
        body = b'{"services": [{"name": "postgres", "state": "running"}]}'
        writer.write(head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def url(server: Server) -> AsyncIterator[str]:
    async with serving(server) as address:
        yield f"http://{address}"


def real(root: Path, dsn: str = "") -> StepTools:
    values = {"env:TOKEN": SECRET, "env:REPORT_DB": dsn}
    return tools(
        clock=SystemClock(),
        http=HttpxHttp(SystemResolver()),
        sandbox=LinuxSandbox(),
        sql=AsyncpgSql(),
        secrets=MemorySecrets(values),
        workspaces=FolderWorkspaces(root),
    )


async def drive(routine: dict[str, Any], url: str, journal: ListJournal, given: StepTools) -> End:
    executor = StepExecutor("run-1", given)
    driver = Driver(read_routine(routine), {"url": url}, journal, executor, given.clock)
    return await driver.run()


async def test_from_a_request_to_a_file(url: str, server: Server, dsn: str, tmp_path: Path) -> None:
    journal = ListJournal()
    assert await drive(REPORT, url, journal, real(tmp_path, dsn)) == Done("reports/today.md")
    text = (tmp_path / "run-1" / "reports" / "today.md").read_text(encoding="utf-8")
    assert text == "# Report\n\n- postgres: running\n\nTotal: 60\n"
    assert server.asked[0].headers["authorization"] == SECRET
    assert SECRET not in repr(journal.entries)


async def test_what_may_have_been_done_is_not_done_again(
    url: str, server: Server, tmp_path: Path
) -> None:
    journal = ListJournal()
    running = asyncio.create_task(drive(ORDER, url, journal, real(tmp_path)))
    await server.ordered.wait()
    running.cancel()  # as a crash: nothing more is written
    await asyncio.wait({running})
    end = await drive(ORDER, url, journal, real(tmp_path))
    assert isinstance(end, Broken)
    assert end.failure.kind == "unknown-effect"
    assert [asked.path for asked in server.asked] == ["/order"]
