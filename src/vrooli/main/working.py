"""What a process needs that works on runs, be it a server or a worker."""

import asyncio
import hashlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from os import getpid
from pathlib import Path
from typing import Any

from vrooli import __version__
from vrooli.core.errors import UsageError
from vrooli.execution import model_vendors
from vrooli.execution.llm import settings as model_settings
from vrooli.execution.llm.settings import ModelSettings
from vrooli.execution.mcp import settings as mcp_settings
from vrooli.execution.meter import Meter
from vrooli.execution.runs.sharing import DEFAULT_QUEUE
from vrooli.execution.runs.store import Serves
from vrooli.execution.settings import WorkSettings
from vrooli.execution.step_type import StepTools
from vrooli.execution.work import Share, Work, work
from vrooli.main.environment import read_environment
from vrooli.server.database import Database
from vrooli.stack.mcp import VARIABLE as MCP_VARIABLE
from vrooli.stack.mcp import McpServer

SOURCE = Path(__file__).resolve().parent.parent


def work_settings(environ: Mapping[str, str]) -> WorkSettings:
    """Read and check them; `UsageError` names the variable that is wrong."""
    queues = read_environment(environ, "VROOLI_QUEUES") or DEFAULT_QUEUE
    slots = number_in(environ, "VROOLI_SLOTS", 100.0)
    if not slots.is_integer():
        raise UsageError(
            f"{slots} is no whole number",
            where="VROOLI_SLOTS",
            next_step="set it to a whole number",
        )
    return WorkSettings(
        queues=tuple(dict.fromkeys(name.strip() for name in queues.split(","))),
        slots=int(slots),
        drain_seconds=number_in(environ, "DRAIN_SECONDS", 10.0),
    )


def step_secrets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The references that steps of routines may use. A bare name is a variable: in `vrooli.toml` a
    value `env:NAME` is looked up by the stack.
    """
    words = (read_environment(environ, "VROOLI_STEP_SECRETS") or "").split()
    return tuple(word if ":" in word else f"env:{word}" for word in words)


def step_folders(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The git repositories that steps of routines may read."""
    names = (read_environment(environ, "VROOLI_STEP_FOLDERS") or "").split(os.pathsep)
    for name in filter(None, names):
        if not os.path.isabs(name):
            raise UsageError(
                f"{name!r} does not begin with /",
                where="VROOLI_STEP_FOLDERS",
                next_step="write absolute paths, with `:` between them",
            )
    return tuple(filter(None, names))


def models_of(environ: Mapping[str, str]) -> ModelSettings:
    """The language models that steps may ask."""
    text = read_environment(environ, model_settings.VARIABLE) or ""
    return model_settings.read(text, model_vendors.names())


def mcp_of(environ: Mapping[str, str]) -> dict[str, McpServer]:
    """The servers of tools that steps may name."""
    return mcp_settings.read(read_environment(environ, MCP_VARIABLE) or "")


def number_in(environ: Mapping[str, str], name: str, default: float) -> float:
    """The variable `name`, as a number."""
    text = read_environment(environ, name)
    if text is None:
        return default
    try:
        return float(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a number", where=name, next_step="set it to a number"
        ) from error


def working(
    database: Database, settings: WorkSettings, tools: StepTools, meter: Meter | None = None
) -> Work:
    """Put the work of this process together; nothing is opened."""
    share = Share(Serves(settings.queues, build_name()), settings.slots)
    return work(database, owner_name(), tools.clock, tools, share, meter)


def at_work(made: Work) -> tuple[Coroutine[Any, Any, None], ...]:
    """What goes on in the background: the engine, and runs at their times."""
    return made.engine.run(), made.scheduler.run()


def owner_name() -> str:
    """A name for this process that no other ever has."""
    return f"{socket.gethostname()}:{getpid()}:{secrets.token_hex(4)}"


def build_name() -> str:
    """Names the code that reads routines: what one build cannot read, another may."""
    digest = hashlib.sha256()
    for folder in ("flow", "execution"):
        for file in sorted((SOURCE / folder).rglob("*.py")):
            digest.update(file.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:8]}"


@asynccontextmanager
async def in_background(*jobs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `jobs` beside the block and cancel them at its end."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
