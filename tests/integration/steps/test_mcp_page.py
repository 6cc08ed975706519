"""The server of one's own that the page on MCP servers shows, as it is written there."""

import re
import sys
import tomllib
from pathlib import Path

from tests.support.mcp_servers import declared
from tests.support.openai_server import calls as uses
from tests.support.openai_server import openai_server, says
from tests.support.steps import call, output, tools
from vrooli.execution.executor import StepExecutor
from vrooli.execution.llm.models import Models
from vrooli.execution.llm.settings import ModelSettings, Provider
from vrooli.flow.notes import Notebook
from vrooli.flow.yaml import parse
from vrooli.host.clock import SystemClock
from vrooli.host.memory.journal import MemoryJournals
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.stack.mcp import server_of

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "use-mcp-servers.md"


def block(language: str) -> str:
    """The one of that language in the section."""
    section = PAGE.read_text(encoding="utf-8").partition("## Write one of your own")[2]
    found = re.search(rf"```{language}\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_example_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    program = tmp_path / "orders.py"
    program.write_text(block("python"), encoding="utf-8")
    said = tomllib.loads(block("toml"))["mcp"]["orders"]
    here = {"/opt/orders/venv/bin/python": sys.executable, "/opt/orders/orders.py": str(program)}
    said["command"] = [here[word] for word in said["command"]]
    arguments = parse(block("yaml")).data["do"][0]["llm"]
    assert arguments["mcp"] == ["orders"]
    async with openai_server() as (server, url):
        server.answers(
            uses(("orders_where_is", {"order": "A-17"}), ids="a"),
            uses(("orders_where_is", {"order": "C"}), ids="b"),
            says("It is on its way."),
        )
        models = Models(
            ModelSettings({"house": Provider("house", "openai", url)}),
            MemorySecrets(),
            SystemClock(),
        )
        given = tools(models=models, clock=SystemClock(), mcp=declared(server_of("orders", said)))
        book = Notebook("r", await MemoryJournals().claim("r"), given.clock)
        done = await StepExecutor("r", given, book.of).execute(call("llm", arguments), 0.0)
        assert output(done)["text"] == "It is on its way."
        told = [one["content"] for one in server.asked[-1]["messages"] if one["role"] == "tool"]
    assert "on its way" in told[0]
    assert "there is no order C; there are A-17, B-2" in told[1]
