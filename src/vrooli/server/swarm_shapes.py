"""The shapes of answers about swarms."""

from typing import Any, Literal

from pydantic import BaseModel

from vrooli.server.shapes import RunShape, Status


class SwarmStored(BaseModel):
    """The routine that drives a swarm."""

    name: str
    version: str
    changed: bool


class SwarmRow(BaseModel):
    """One of a list. `runs` are those that it started itself."""

    id: str
    name: str
    goal: str
    status: Status
    created_by: str
    created_at: float
    ended_at: float | None
    runs: int


class SwarmPage(BaseModel):
    """The newest first, and where the next page begins."""

    swarms: list[SwarmRow]
    next_cursor: str | None


class TaskShape(BaseModel):
    """A task, as it was written, and how it stands. `run` is its last one, or the one that asks
    whether it may be done; `after` are tasks that end before, `needs` what has to stand on the
    blackboard before; `asks` is what a person is to decide or to do.
    """

    task: str
    status: Literal["waiting", "asked", "running", "done", "failed", "skipped"]
    why: str
    run: str | None
    tries: int
    output: Any
    after: list[str]
    needs: list[str]
    asks: str


class PlanShape(BaseModel):
    """All tasks."""

    version: int
    by: str
    tasks: list[TaskShape]


class PolicyShape(BaseModel):
    """As it was written."""

    version: int
    value: dict[str, Any]


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
    plan: PlanShape
    policy: PolicyShape
    team: list[MemberShape]
    board: dict[str, OnBoard]
    messages: list[MessageShape]
    beside: dict[str, list[BesideShape]]
    problems: str


class SwarmShape(RunShape):
    """Its run, and how the swarm stands; null before it has begun."""

    swarm: SwarmState | None


class Written(BaseModel):
    """Which version it is."""

    version: int


class Stopped(BaseModel):
    """Ids of swarms."""

    stopped: list[str]
