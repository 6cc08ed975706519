"""What steps of routines work with on this machine."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from vrooli.core.ports.clock import Clock
from vrooli.execution.allowed_secrets import AllowedSecrets
from vrooli.execution.llm.models import Models
from vrooli.execution.llm.settings import NO_MODELS, ModelSettings
from vrooli.execution.mcp.servers import McpServers
from vrooli.execution.repositories import Repositories
from vrooli.execution.step_type import StepTools
from vrooli.host.http import HttpxHttp
from vrooli.host.piped_programs import PipedPrograms
from vrooli.host.programs import LocalPrograms
from vrooli.host.resolver import SystemResolver
from vrooli.host.sandbox.linux_sandbox import LinuxSandbox
from vrooli.host.secrets import FileSecrets
from vrooli.host.sql import AsyncpgSql
from vrooli.host.workspaces import FolderWorkspaces
from vrooli.stack.mcp import McpServer

_GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
}
"""All that git finds in its environment: settings of users could name programs."""


def step_tools(
    clock: Clock,
    secrets: Collection[str],
    workspaces: Path,
    models: ModelSettings = NO_MODELS,
    mcp: Mapping[str, McpServer] | None = None,
    folders: Collection[str] = (),
) -> StepTools:
    """Put them together; nothing is opened.

    Args:
        clock: time.
        secrets: the references that steps may use.
        workspaces: holds the folders of runs; made when the first one is.
        models: the language models that steps may ask. Their keys are for them alone, so that any
            may be named.
        mcp: the servers of tools that steps may name; their secrets likewise.
        folders: git repositories that steps may read.
    """
    known = FileSecrets(Path(), os.environ)
    return StepTools(
        clock=clock,
        http=HttpxHttp(SystemResolver()),
        sandbox=LinuxSandbox(),
        sql=AsyncpgSql(),
        workspaces=FolderWorkspaces(workspaces),
        secrets=AllowedSecrets(known, secrets),
        models=Models(models, known, clock),
        mcp=McpServers(mcp or {}, known, PipedPrograms()),
        repositories=Repositories(LocalPrograms(_GIT), folders),
    )
