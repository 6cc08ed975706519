"""The shapes of answers about routines and runs."""

from typing import Any, Literal

from pydantic import BaseModel

Status = Literal["pending", "running", "waiting", "paused", "completed", "failed", "cancelled"]


class Failed(BaseModel):
    """Why something failed."""

    kind: str
    reason: str
    where: str
    retryable: bool


class Artifact(BaseModel):
    """Where a large output can be had."""

    sha256: str
    bytes: int


class Line(BaseModel):
    """What may be spent of something, is spent, is spoken for, and when it would be used up."""

    limit: float | None
    spent: float
    reserved: float
    forecast: float | None


class OwnerBudgetShape(BaseModel):
    """How all runs of somebody stand in this month together: US dollars and tokens. It ends at
    `ends_at`, unix seconds.
    """

    owner: str
    month: str
    ends_at: float
    cost: Line
    tokens: Line


class BudgetShape(BaseModel):
    """How a run stands: US dollars, tokens, attempts and seconds."""

    cost: Line
    tokens: Line
    steps: Line
    time: Line
    on_limit: str | None
    unpriced: int
    owner: OwnerBudgetShape | None


class Unread(BaseModel):
    """Which server could not read the routine of a run, and why."""

    by: str
    why: str


class RunShape(BaseModel):
    """A run. Times are unix seconds. `kept_signals` are those that no step has taken, how many by
    name.
    """

    id: str
    root: str
    routine: str
    version: str
    status: Status
    owner: str | None
    inputs: dict[str, Any]
    output: Any
    artifact: Artifact | None
    failure: Failed | None
    created_by: str
    created_at: float
    started_at: float | None
    ended_at: float | None
    parent: str | None
    parent_path: str | None
    pausing: bool
    forked_from: str | None
    forked_path: str | None
    budget: BudgetShape
    queue: str
    priority: int
    unread: Unread | None
    kept_signals: dict[str, int]


class SignalSent(RunShape):
    """The run that has a signal now, and what is odd about that: empty where nothing is."""

    warning: str


class RunPage(BaseModel):
    """Runs, and where the next page begins."""

    runs: list[RunShape]
    next_cursor: str | None


class StepShape(BaseModel):
    """An attempt of a step; `cancelled` when its run ended in the middle of it."""

    path: str
    attempt: int
    type: str
    status: Literal["begun", "completed", "failed", "cancelled"]
    arguments: Any
    output: Any
    artifact: Artifact | None
    failure: Failed | None
    begun_at: float | None
    ended_at: float | None
    n: int
    given_up: bool


class StepPage(BaseModel):
    """The journal, or a part of it."""

    steps: list[StepShape]
    next_cursor: str | None


class EventShape(BaseModel):
    """What happened; each kind has more to say."""

    seq: int
    run: str
    at: float
    kind: str


class EventPage(BaseModel):
    """Events in their order."""

    events: list[EventShape]


class RoutineShape(BaseModel):
    """The newest version of a routine."""

    name: str
    version: str
    description: str
    definition: dict[str, Any]
    updated_at: float


class RoutineList(BaseModel):
    """By name, and where the next page begins."""

    routines: list[RoutineShape]
    next_cursor: str | None


class VersionShape(BaseModel):
    """A version of a routine, and when it was first stored, unix seconds."""

    version: str
    stored_at: float


class VersionList(BaseModel):
    """The one that was stored last first."""

    versions: list[VersionShape]


class RoutineStored(BaseModel):
    """What became of a routine that was sent."""

    name: str
    version: str
    changed: bool
    warnings: list[str]


class FileShape(BaseModel):
    """A file of a run."""

    path: str
    bytes: int
    modified_at: float


class FileList(BaseModel):
    """By path."""

    files: list[FileShape]


class ReasonShape(BaseModel):
    """Why a run or step is where it is."""

    code: str
    says: str
    moving: bool
    since: float | None
    until: float | None
    step: str
    next_step: str
    command: str
    kept: dict[str, int]
    until_of: str


class Undecided(BaseModel):
    """An attempt of unknown effect."""

    n: int
    run: str
    routine: str
    path: str
    attempt: int
    type: str
    reason: str
    arguments: Any
    begun_at: float | None
    failed_at: float | None


class DecidedShape(BaseModel):
    """What somebody decided about one."""

    path: str
    attempt: int
    type: str
    reason: str
    begun_at: float | None
    failed_at: float | None
    decision: Literal["done", "again"]
    by: str
    why: str
    decided_at: float


class EffectPage(BaseModel):
    """Those that wait for a decision, and where the next page begins."""

    effects: list[Undecided]
    next_cursor: str | None


class EffectsOfRun(BaseModel):
    """Those of one run."""

    undecided: list[Undecided]
    decided: list[DecidedShape]


class ScheduleShape(BaseModel):
    """When a routine runs. Times are unix seconds."""

    name: str
    routine: str
    inputs: dict[str, Any]
    schedule: str
    timezone: str
    missed: Literal["once", "skip"]
    priority: int
    enabled: bool
    created_by: str
    created_at: float
    last_due: float
    next_due: float | None
    last_run: str | None
    last_error: str | None


class ScheduleList(BaseModel):
    """By name."""

    schedules: list[ScheduleShape]


class ProviderShape(BaseModel):
    """Somebody who answers for language models."""

    name: str
    vendor: str
    title: str
    base_url: str
    key: bool
    installed: bool
    state: str


class ProviderList(BaseModel):
    """By name."""

    providers: list[ProviderShape]


class ToolShape(BaseModel):
    """Something that steps and models may use."""

    name: str
    title: str
    arguments: dict[str, Any]
    repeatable: bool


class McpServerShape(BaseModel):
    """A server of tools for models."""

    name: str
    kind: Literal["program", "http"]
    where: str
    tools: list[str] | None
    timeout: float
    secrets: int
    trust_hints: bool


class McpServerList(BaseModel):
    """By name."""

    servers: list[McpServerShape]


class McpToolShape(BaseModel):
    """A tool that such a server offers, and the name by which models see it."""

    name: str
    shown: str
    title: str
    arguments: dict[str, Any]
    repeatable: bool


class McpTried(BaseModel):
    """What came of asking one: its tools, or why it is of no use."""

    ok: bool
    tools: list[McpToolShape]
    failure: Failed | None


class ToolList(BaseModel):
    """By name."""

    tools: list[ToolShape]


class HistoryShape(BaseModel):
    """A record of a watchdog."""

    host: str
    boot: str
    seq: int
    at: float
    kind: Literal["result", "transition", "heal", "event"]
    subject: str
    status: str | None
    value: float | None
    data: Any
    received_at: float


class HistoryPage(BaseModel):
    """Records, and where the next page begins."""

    records: list[HistoryShape]
    next_cursor: str | None


class HistoryStored(BaseModel):
    """What became of a batch."""

    accepted: int
    duplicates: int
    up_to_seq: int


class HealthShape(BaseModel):
    """How the server is."""

    status: Literal["healthy", "degraded", "unhealthy"]
    service: str
    version: str
    timestamp: str
    uptime_seconds: float
    readiness: bool
    dependencies: dict[str, dict[str, Any]]


class LiveShape(BaseModel):
    """It answers."""

    status: Literal["alive"]


class MemoryShape(BaseModel):
    """What the process keeps in memory."""

    rss_bytes: int
    vms_bytes: int
    heap: dict[str, Any]
    gc: list[dict[str, int]]
    top_types: list[dict[str, Any]]
