"""What a type of step is: one file in `steps/` that defines `step`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.ports.clock import Clock
from vrooli.core.ports.http import Http
from vrooli.core.ports.sandbox import Sandbox
from vrooli.core.ports.secrets import Secrets
from vrooli.core.ports.sql import Sql
from vrooli.core.ports.traces import Traces
from vrooli.core.ports.workspaces import Workspaces
from vrooli.execution.coordinating import Coordinator, NobodyCoordinates
from vrooli.execution.llm.models import Models
from vrooli.execution.mcp.servers import McpServers, no_servers
from vrooli.execution.repositories import Repositories
from vrooli.execution.saying import NobodyListens, Saying
from vrooli.execution.signals import NoSignals, Signals
from vrooli.execution.spending import Spending, Unlimited
from vrooli.execution.subruns import NoSubRuns, SubRuns
from vrooli.flow.approval import Approvals, NobodyDecides
from vrooli.flow.failed import Failed
from vrooli.flow.notes import NoNotes, Notes


class StepFailed(Failed):
    """An attempt of a step failed."""


@dataclass(frozen=True, slots=True)
class StepTools:
    """What steps work with, beside their arguments.

    Attributes:
        clock: time.
        http: requests.
        sandbox: for code of users.
        sql: databases of users.
        secrets: values behind references; give `AllowedSecrets`, since whoever writes a routine
            chooses the reference and where its value is sent.
        workspaces: files of runs.
        models: language models.
        mcp: servers of tools for them.
        repositories: of git, that may be read.
        spending: of budgets.
        saying: tells those who watch what models say.
        subruns: runs of other routines.
        coordinator: of swarms.
        approvals: decisions of people.
        signals: what others send.
        traces: takes spans; None where nobody wants any.
    """

    clock: Clock
    http: Http
    sandbox: Sandbox
    sql: Sql
    secrets: Secrets
    workspaces: Workspaces
    models: Models
    mcp: McpServers = field(default_factory=no_servers)
    repositories: Repositories = field(default_factory=Repositories)
    spending: Spending = field(default_factory=Unlimited)
    saying: Saying = field(default_factory=NobodyListens)
    subruns: SubRuns = field(default_factory=NoSubRuns)
    coordinator: Coordinator = field(default_factory=NobodyCoordinates)
    approvals: Approvals = field(default_factory=NobodyDecides)
    signals: Signals = field(default_factory=NoSignals)
    traces: Traces | None = None


@dataclass(frozen=True, slots=True)
class StepCall:
    """One attempt.

    Attributes:
        run: id of the run.
        key: the same for all attempts of this step of this run, and no other: whoever is asked to
            do something may tell by it that it was asked before.
        arguments: as the schema of the type says.
        begun: unix seconds when the attempt first began, be it before a crash.
        path: of the step in its run.
        attempt: from 1.
        notes: what it does inside itself and must not do again in its next attempt.
    """

    run: str
    key: str
    arguments: Mapping[str, Any]
    begun: float
    path: str = ""
    attempt: int = 1
    notes: Notes = field(default_factory=NoNotes)


@dataclass(frozen=True, slots=True)
class StepType:
    """How a step does what it does.

    Attributes:
        name: as routines write it.
        title: one line for a list.
        arguments: JSON Schema of an object.
        run: returns the output, any JSON value; raises `StepFailed` or another `VrooliError`; when
            it is lasting also `flow.driver.Parked`.
        repeatable: whether nobody is harmed when an attempt with these arguments is made twice.
        about: what the reference says beside: output, kinds of failures, an example.
        lasting: whether it goes on after a crash where it was: its beginning is durable before it
            begins, and it ends at a time of its own, whatever the `timeout` of the step says.
    """

    name: str
    title: str
    arguments: Mapping[str, Any]
    run: Callable[[StepCall, StepTools], Awaitable[Any]]
    repeatable: Callable[[Mapping[str, Any]], bool]
    about: str = ""
    lasting: bool = False
