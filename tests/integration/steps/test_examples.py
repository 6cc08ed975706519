"""The routines in `examples/`: each does its work with `test`, and with a real protocol."""

import asyncio
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.openai_server import openai_server, says
from tests.support.steps import tools
from tests.support.tiny_server import Asked, serving
from tests.support.work import WorkDatabase
from vrooli.execution.executor import StepExecutor
from vrooli.execution.llm.models import Models
from vrooli.execution.llm.settings import ModelSettings, Provider
from vrooli.execution.step_type import StepTools
from vrooli.execution.step_types import read_routine
from vrooli.flow.driver import Driver
from vrooli.flow.interpreter import Done
from vrooli.flow.notes import Notebook
from vrooli.flow.yaml import parse
from vrooli.host.clock import SystemClock
from vrooli.host.http import HttpxHttp
from vrooli.host.memory.journal import MemoryJournals
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.resolver import SystemResolver
from vrooli.host.sandbox.linux_sandbox import LinuxSandbox
from vrooli.host.sql import AsyncpgSql
from vrooli.host.workspaces import FolderWorkspaces

EXAMPLES = Path(__file__).parents[3] / "examples"
PAGE = b"<html><style>p {}</style><body><p>Cats sleep <b>sixteen</b> hours.</p></body></html>"


def real(root: Path, model_url: str = "", dsn: str = "") -> StepTools:
    clock = SystemClock()
    keys = MemorySecrets({"env:REPORT_DB": dsn})
    settings = ModelSettings({"house": Provider("house", "openai", model_url)})
    return tools(
        clock=clock,
        http=HttpxHttp(SystemResolver()),
        sandbox=LinuxSandbox(),
        sql=AsyncpgSql(),
        secrets=keys,
        models=Models(settings, keys, clock),
        workspaces=FolderWorkspaces(root),
    )


async def run(name: str, inputs: dict[str, Any], given: StepTools) -> Any:
    text = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    book = Notebook("run-1", await MemoryJournals().claim("run-1"), given.clock)
    executor = StepExecutor("run-1", given, book.of)
    end = await Driver(read_routine(parse(text).data), inputs, book, executor, given.clock).run()
    assert isinstance(end, Done), end
    return end.value


async def site(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """One page; no other."""
    status = b"200 OK" if asked.path == "/cats" else b"404 No"
    head = b"HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
    writer.write(head % (status, len(PAGE)) + PAGE)
    await writer.drain()


@pytest.mark.parametrize("name", sorted(file.stem for file in EXAMPLES.glob("*.yaml")))
def test_every_example_is_a_routine_of_its_name(name: str) -> None:
    text = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    assert read_routine(parse(text).data).name == name


async def test_web_research_by_a_model(tmp_path: Path) -> None:
    async with serving(site) as address, openai_server() as (server, url):
        server.choose = lambda asked: says(
            "They sleep a lot." if "--- the page ---" in str(asked) else "A lot, says /cats."
        )
        urls = [f"http://{address}/cats", f"http://{address}/dogs"]
        asked = {"question": "How long do cats sleep?", "urls": urls, "model": "house:a"}
        output = await run("web-research", asked, real(tmp_path, url))
    assert output == {"file": "report.md", "read": 1, "answer": "A lot, says /cats."}
    assert "Cats sleep sixteen hours." in server.asked[0]["messages"][-1]["content"]
    report = (tmp_path / "run-1" / "report.md").read_text(encoding="utf-8")
    assert report.startswith("# How long do cats sleep?\n\nA lot, says /cats.\n")
    assert f"- {urls[0]}: They sleep a lot.\n- {urls[1]}: not read: it answered 404" in report


async def test_web_research_by_the_model_that_asks_nobody(tmp_path: Path) -> None:
    async with serving(site) as address:
        asked = {"question": "How long?", "urls": [f"http://{address}/cats"]}
        assert (await run("web-research", asked, real(tmp_path)))["read"] == 1
    assert (tmp_path / "run-1" / "report.md").exists()


async def test_data_report(work_dsn: str, tmp_path: Path) -> None:
    work = WorkDatabase(work_dsn)
    for number in range(3):
        await work.create(f"r{number}")
    await work.execute("UPDATE runs SET status = 'failed' WHERE id = 'r0'")
    await work.execute("UPDATE runs SET status = 'completed' WHERE id <> 'r0'")
    await work.close()
    output = await run("data-report", {}, real(tmp_path, dsn=work_dsn))
    assert output == {"file": "report.md", "chart": "runs.svg", "failed": 1}
    report = (tmp_path / "run-1" / "report.md").read_text(encoding="utf-8")
    assert "2 completed, 1 failed." in report
    assert "| 2 | 1 |\n" in report
    chart = ElementTree.parse(tmp_path / "run-1" / "runs.svg").getroot()
    assert len(chart.findall("{http://www.w3.org/2000/svg}rect")) == 28
