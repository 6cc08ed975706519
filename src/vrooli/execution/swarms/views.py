"""Swarms as clients see them."""

from collections.abc import Mapping
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.execution.runs.working import working
from vrooli.execution.swarms.deciding import HANDING, deadline
from vrooli.execution.swarms.insight import Took
from vrooli.execution.swarms.model import Task, strictest
from vrooli.execution.swarms.state import Standing, Stands, State, Try, gate, standing
from vrooli.execution.swarms.store import BOARD, PLAN, POLICY, Facts
from vrooli.flow.budget import MICROS

_LIST = """
SELECT s.run, r.routine, s.goal, r.status, r.created_by,
       extract(epoch FROM s.created_at)::float8, extract(epoch FROM r.ended_at)::float8,
       (SELECT count(*) FROM runs c WHERE c.parent = s.run), r.parent
FROM swarms s JOIN runs r ON r.id = s.run
WHERE ($1 = '' OR r.status = $1) AND ($2 = '' OR r.created_by = $2)
    AND ($3::float8 IS NULL OR (s.created_at, s.run) < (to_timestamp($3), $4))
ORDER BY s.created_at DESC, s.run DESC LIMIT $5
"""

# What a person does is a run that waits for a signal, below the swarm.
_FOR_PEOPLE = """
SELECT r.id, r.parent, s.goal, r.inputs->>'task', r.inputs->>'what', r.created_by,
       extract(epoch FROM r.created_at)::float8
FROM runs r JOIN swarms s ON s.run = r.parent
WHERE r.status = 'waiting' AND r.routine = $1 AND ($2 = '' OR r.created_by = $2)
    AND ($3::float8 IS NULL OR (r.created_at, r.id) < (to_timestamp($3), $4))
ORDER BY r.created_at DESC, r.id DESC LIMIT $5
"""

# Also those that have not begun. Definitions are read once each, however many runs there are.
_OPEN = """
WITH open AS (
    SELECT id, version FROM runs
    WHERE status IN ('pending', 'running', 'waiting', 'paused') AND ($1 = '' OR created_by = $1)
), driving AS (
    SELECT hash FROM routine_versions v
    WHERE hash IN (SELECT version FROM open)
        AND EXISTS (SELECT FROM json_array_elements(v.definition->'do') step
                    WHERE step->'swarm' IS NOT NULL)
)
SELECT id FROM open JOIN driving ON hash = version ORDER BY id
"""

_KEYS = ("id", "name", "goal", "status", "created_by", "created_at", "ended_at", "runs", "parent")

CANCELLED = "cancelled"
"""Where a task is to which a swarm never came, or with which it ended; and a run."""

_TASK_KEYS = ("run", "swarm", "goal", "task", "what", "created_by", "since")


class SwarmViews:
    """Reads table `swarms`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, status: str, owner: str, before: tuple[float, str] | None, limit: int
    ) -> list[dict[str, Any]]:
        """At most so many, the newest first, from the one after `before` on (its time in unix
        seconds and its id); of one status and one owner, where these are said.
        """
        at, last = before or (None, "")
        async with self._database.connection() as connection:
            rows = await connection.fetch(_LIST, status, owner, at, last, limit)
            found = [dict(zip(_KEYS, row, strict=True)) for row in rows]
            waiting = [one["id"] for one in found if one["status"] == "waiting"]
            goes_on = await working(connection, waiting)
        return [{**one, "working": one["id"] in goes_on} for one in found]

    async def for_people(
        self, owner: str, before: tuple[float, str] | None, limit: int
    ) -> list[dict[str, Any]]:
        """Tasks that wait for somebody to do them, as `page` tells swarms: since when, and below
        which run.
        """
        at, last = before or (None, "")
        async with self._database.connection() as connection:
            rows = await connection.fetch(_FOR_PEOPLE, HANDING, owner, at, last, limit)
        return [dict(zip(_TASK_KEYS, row, strict=True)) for row in rows]

    async def working(self, run: str) -> bool:
        """Whether a run below this one, which waits itself, goes on."""
        async with self._database.connection() as connection:
            return run in await working(connection, [run])

    async def open(self, owner: str) -> list[str]:
        """Ids of all that have not ended, those within others among them; of one owner, where that
        is said.
        """
        async with self._database.connection() as connection:
            return [row[0] for row in await connection.fetch(_OPEN, owner)]


def swarm_shown(
    state: State, facts: Facts, took: Mapping[str, Took], status: str
) -> dict[str, Any]:
    """How it stands: plan, policy, team, blackboard and messages; `status` is that of its run."""
    policy = strictest((state.swarm.policy, *state.above))
    documents, plan, written = facts.documents, facts.documents[PLAN], facts.documents[POLICY]
    raw = {one["task"]: one for one in plan.value}
    tasks = [
        {
            **raw[task.id],
            **_task(task, standing(state, task, policy), took, status),
            **_spent(state, task, took),
        }
        for task in state.swarm.plan
    ]
    board = {
        name.removeprefix(BOARD): {"value": one.value, "version": one.version, "by": one.by}
        for name, one in documents.items()
        if name.startswith(BOARD)
    }
    others = {
        name: ones for name, ones in facts.tries.items() if name not in raw and "/" not in name
    }
    return {
        "goal": state.swarm.goal,
        "begun_at": state.begun,
        "plan": {
            "version": plan.version,
            "by": plan.by,
            "value": plan.value,
            "tasks": tasks,
        },
        "policy": {
            "version": written.version,
            "by": written.by,
            "value": written.value,
            "due": deadline(state),
        },
        "team": [{"name": name, "role": role} for name, role in state.swarm.team.items()],
        "board": board,
        "messages": [one.to_json() for one in state.messages],
        "beside": {name: [_run(one) for one in ones] for name, ones in others.items()},
        "problems": state.problems,
    }


def _task(task: Task, one: Standing, took: Mapping[str, Took], status: str) -> dict[str, Any]:
    word = _word(one, took, status)
    return {
        "after": sorted(task.after),
        "needs": sorted(task.needs),
        "status": word,
        "why": one.why,
        "run": one.last.run if one.last else None,
        "tries": one.last.number if one.last else 0,
        "output": one.last.output if one.last and one.status == "done" else None,
        "asks": _asks(task, one) if word == one.status else "",
    }


def _word(one: Standing, took: Mapping[str, Took], status: str) -> str:
    """Where it is, for people."""
    last = took.get(one.last.run) if one.last else None
    if one.status in (Stands.ASKED, Stands.RUNNING) and last and last.answered:
        return str(Stands.WAITING)  # its run is paused, and has not heard of that
    cut = one.status is Stands.FAILED and one.last and one.last.status == CANCELLED
    if status in ("failed", CANCELLED) and (cut or not one.status.ended):
        return CANCELLED  # nothing of it failed: the swarm ended before
    return str(one.status)


def _spent(state: State, task: Task, took: Mapping[str, Took]) -> dict[str, Any]:
    """What all its tries took; since the first began, until the last ended."""
    tries = [took[one.run] for one in state.tries.get(task.id, ()) if one.run in took]
    ends = [one.ended for one in tries if one.ended is not None]
    return {
        "began_at": min((one.began for one in tries), default=None),
        "ended_at": max(ends) if ends and len(ends) == len(tries) else None,
        "cost": sum(one.micros for one in tries) / MICROS,
        "tokens": sum(one.tokens for one in tries),
        "approvals": len(state.tries.get(gate(task.id), ())),
    }


def _asks(task: Task, one: Standing) -> str:
    """What a person is to decide, or to do; empty where nobody is asked."""
    if one.last is None:
        return ""
    if one.status is Stands.ASKED:
        return str(one.last.inputs["message"])
    handed = task.by_hand and one.status is Stands.RUNNING
    return str(one.last.inputs["what"]) if handed else ""


def _run(one: Try) -> dict[str, Any]:
    return {"run": one.run, "status": one.status, "why": "" if one.done or one.open else one.why}
