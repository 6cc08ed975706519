"""The shapes of answers about swarms."""

from typing import Any, Literal

from pydantic import BaseModel

from vrooli.server.shapes import BudgetShape, ReasonShape, RunShape, Status


class SwarmStored(BaseModel):
    """The routine that drives a swarm."""

    name: str
    version: str
    changed: bool


class SwarmRow(BaseModel):
    """One of a list. `runs` are those that it started itself; `parent` is the run that started it:
    the swarm that it lies within, or null. It is `working` while it waits itself, and a run below
    it goes on.
    """

    id: str
    name: str
    goal: str
    status: Status
    created_by: str
    created_at: float
    ended_at: float | None
    runs: int
    parent: str | None
    working: bool


class SwarmPage(BaseModel):
    """The newest first, and where the next page begins."""

    swarms: list[SwarmRow]
    next_cursor: str | None


class PersonTask(BaseModel):
    """A task of `swarm` that waits for somebody to do `what`; null where that is too large to be
    told here. `since` is in unix seconds; `run` is the one that waits.
    """

    run: str
    swarm: str
    goal: str
    task: str
    what: str | None
    created_by: str
    since: float


class PersonTasks(BaseModel):
    """The newest first, and where the next page begins."""

    tasks: list[PersonTask]
    next_cursor: str | None


class TaskShape(BaseModel):
    """A task, as it was written, and how it stands. `run` is its last one, or the one that asks
    whether it may be done; `after` are tasks that end before, `needs` what has to stand on the
    blackboard before; `asks` is what a person is to decide or to do. `began_at` to `ended_at`,
    `cost` (US dollars) and `tokens` are those of all its tries with all below them; `approvals` are
    how often somebody was asked whether it may be done. `cancelled` is one to which a swarm that
    failed or was stopped did not come, or with which it ended.
    """

    task: str
    status: Literal["waiting", "asked", "running", "done", "failed", "skipped", "cancelled"]
    why: str
    run: str | None
    tries: int
    output: Any
    after: list[str]
    needs: list[str]
    asks: str
    began_at: float | None
    ended_at: float | None
    cost: float
    tokens: int
    approvals: int


class PlanShape(BaseModel):
    """All tasks: `value` as they were written, `tasks` as they stand."""

    version: int
    by: str
    value: list[dict[str, Any]]
    tasks: list[TaskShape]


class PolicyShape(BaseModel):
    """As it was written."""

    version: int
    by: str
    value: dict[str, Any]
    due: float | None
    """When its deadline ends the swarm; null without one."""


class MemberShape(BaseModel):
    """Of a team."""

    name: str
    role: str


class OnBoard(BaseModel):
    """Something on the blackboard, by a person or a run."""

    value: Any
    version: int
    by: str


class MessageShape(BaseModel):
    """What was said to it."""

    text: Any
    by: str
    at: float


class BesideShape(BaseModel):
    """A run that plans, or looks whether the goal is met."""

    run: str
    status: Status
    why: str


class SwarmState(BaseModel):
    """How a swarm stands."""

    goal: str
    begun_at: float
    plan: PlanShape
    policy: PolicyShape
    team: list[MemberShape]
    board: dict[str, OnBoard]
    messages: list[MessageShape]
    beside: dict[str, list[BesideShape]]
    problems: str


class SwarmShape(RunShape):
    """Its run, and how the swarm stands; null before it has begun. It is `working` while it waits
    itself, and a run below it goes on.
    """

    working: bool
    swarm: SwarmState | None


class Written(BaseModel):
    """Which version it is."""

    version: int


class VersionShape(BaseModel):
    """What was written once. Something large on the blackboard is a reference, as everywhere."""

    version: int
    value: Any
    by: str
    at: float


class VersionPage(BaseModel):
    """The newest first, and where the next page begins."""

    versions: list[VersionShape]
    next_cursor: str | None


class Stopped(BaseModel):
    """Ids of swarms."""

    stopped: list[str]


class RunAtAGlance(BaseModel):
    """The swarm or a run below it. `lease_left` are seconds until another process may take it."""

    id: str
    parent: str | None
    path: str | None
    routine: str
    status: Status
    pausing: bool
    queue: str
    owner: str | None
    lease_left: float | None
    created_at: float
    ended_at: float | None


class StepUnderWay(BaseModel):
    """A step that has begun and not ended."""

    run: str
    path: str
    attempt: int
    type: str
    begun_at: float


class OwnerShape(BaseModel):
    """A process that drives runs of a swarm, and how long the lease lasts that ends first."""

    owner: str
    runs: int
    lease_left: float


class SwarmDebug(BaseModel):
    """All three tiers: the swarm, its runs (200 at most, those that have not ended first), their
    steps under way, and the last events of all.
    """

    id: str
    root: str
    routine: str
    status: Status
    budget: BudgetShape
    goal: str | None
    why: ReasonShape
    stirs: int
    counts: dict[Status, int]
    runs: list[RunAtAGlance]
    steps: list[StepUnderWay]
    owners: list[OwnerShape]
    events: list[dict[str, Any]]


class SwarmWithDefinition(RunShape):
    """The run of a swarm, and the routine that drives it."""

    definition: dict[str, Any]


class SwarmExport(BaseModel):
    """Records of one part; `swarm` on the first page alone."""

    swarm: SwarmWithDefinition | None
    part: Literal["documents", "messages", "runs", "steps", "events"]
    records: list[dict[str, Any]]
    next_cursor: str | None
