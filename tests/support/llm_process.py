"""A worker in a process of its own that may ask one model, and the MCP servers of VROOLI_MCP:
`python -m tests.support.llm_process DSN BASE_URL FOLDER`.
"""

import asyncio
import os
import sys
from pathlib import Path

from vrooli.execution.llm.settings import ModelSettings, Provider
from vrooli.execution.work import work
from vrooli.host.clock import SystemClock
from vrooli.main.step_tools import step_tools
from vrooli.main.working import mcp_of
from vrooli.server.database import Database


async def main(dsn: str, base_url: str, folder: Path) -> None:
    """Work until killed."""
    clock = SystemClock()
    models = ModelSettings({"house": Provider("house", "openai", base_url)})
    tools = step_tools(clock, (), folder, models, mcp_of(os.environ))
    await work(Database(dsn), f"process {os.getpid()}", clock, tools).engine.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
