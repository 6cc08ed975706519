"""How a swarm is written: the JSON Schema of its parts."""

from typing import Any

from vrooli.flow.budget import SCHEMA as BUDGET
from vrooli.stack.durations import TEXT

RISKS = ("reading", "changing", "dangerous")
"""Classes of what a task does, the mildest first."""

ID = "^[a-z][a-z0-9_]{0,62}$"
"""Of a task, a member of the team, and what stands on the blackboard, as a regular expression."""

MOST_TASKS = 1000

_ROUTINE = {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,62}$"}
_ID = {"type": "string", "pattern": ID}
_DURATION = {"type": "string", "pattern": f"^(?:{TEXT})$"}
_CONDITION = {"type": "string", "minLength": 1, "maxLength": 2000}
_WIDTH = "tasks at once, without those that people do"
_WORDS = {"type": "string", "maxLength": 2000}


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": properties,
    }


def _said(shape: dict[str, Any], description: str, **more: Any) -> dict[str, Any]:
    return {**shape, "description": description, **more}


TASK = _object(
    "task",
    task=_said(_ID, "its name: small letters, digits and `_`, a letter first"),
    routine=_said(_ROUTINE, "which routine does it; that of another swarm makes a swarm within"),
    person={
        "type": "string",
        "minLength": 1,
        "maxLength": 2000,
        "description": "instead of a routine: what a person is to do, with expressions; "
        "`vrooli swarm done` ends it",
    },
    inputs={
        "type": "object",
        "default": {},
        "description": "of the routine; `${tasks.ID.output}` waits for that task, `${board.KEY}` "
        "until somebody has written it, `${inputs.NAME}` is of the swarm",
    },
    after={
        "type": "array",
        "items": _ID,
        "uniqueItems": True,
        "default": [],
        "description": "tasks that end before; those in its expressions are found by themselves",
    },
    when=_said(_CONDITION, "an expression: where it is false when its turn comes, it is skipped"),
    writes=_said(_ID, "where on the blackboard its output goes"),
    risk={"enum": list(RISKS), "default": RISKS[0], "description": "what it may do"},
    shows={
        "type": ["string", "object"],
        "description": "what would change, for whoever is asked before: text, or `before` and "
        "`after`, with expressions; without, what is asked otherwise than the time before",
    },
    agent=_said(_ID, "who of the team does it"),
    tries={"type": "integer", "minimum": 1, "maximum": 100, "default": 1, "description": "in all"},
    on_failure={
        "enum": ["fail", "continue"],
        "default": "fail",
        "description": "what it means for the swarm that the last try failed",
    },
    budget=_said(BUDGET, "what each try may spend; it comes out of that of the swarm"),
    handed=_said(
        _object(
            "number",
            number={"type": "integer", "minimum": 1, "description": "of its first try by hand"},
            what=_said(_WORDS, "what that person is to do; without, what its routine would"),
        ),
        "a person does it for now; `vrooli swarm hand` writes it, `take-back` removes it",
    ),
    since={
        "type": "integer",
        "minimum": 0,
        "default": 0,
        "description": "how many tries do not count any more; `vrooli swarm take-back` writes it",
    },
    asked={
        "type": "integer",
        "minimum": 0,
        "default": 0,
        "description": "how many questions about it do not count any more; likewise",
    },
)
"""One task of a plan."""

PLAN: dict[str, Any] = {
    "type": "array",
    "items": TASK,
    "maxItems": MOST_TASKS,
    "description": "its tasks: all that need nothing of others begin at once",
}

POLICY = _said(
    _object(
        width={"type": "integer", "minimum": 1, "maximum": 100, "description": _WIDTH},
        depth={
            "type": "integer",
            "minimum": 0,
            "maximum": 15,
            "description": "swarms that may lie in each other below this one",
        },
        tasks={
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_TASKS,
            "description": "of all plans together",
        },
        routines={
            "type": "array",
            "items": _ROUTINE,
            "uniqueItems": True,
            "description": "which ones tasks may use; all without",
        },
        approve={
            "type": "array",
            "items": {"enum": list(RISKS)},
            "uniqueItems": True,
            "description": "classes of risk for which a person is asked before",
        },
        approval=_said(_DURATION, "how long one may decide; then it is rejected"),
        deadline=_said(_DURATION, "after which the swarm fails, from its beginning"),
        cycles={
            "type": "integer",
            "minimum": 1,
            "maximum": 100,
            "description": "plans in a row that bring nothing, after which the swarm fails",
        },
    ),
    "what the swarm may do: `width` (tasks at once, 4), `depth` (swarms within, 3), `tasks` "
    "(100), `routines` (all), `approve` (`[dangerous]`), `approval` (`1d`), `deadline` (none), "
    "`cycles` without progress (3)",
    default={},
)

DONE = _said(
    _object(
        when=_said(_CONDITION, "an expression that is true"),
        routine=_said(_ROUTINE, "a routine that completes: a test, a look, a query"),
        inputs={"type": "object", "default": {}, "description": "of that routine"},
    ),
    "how one tells that the goal is met, when all tasks have ended: by `when`, by a `routine`, or "
    "both; without, by the end of the plan",
    default={},
)

_MEMBER = _object(
    "name",
    name=_said(_ID, "as tasks name it"),
    role={"type": "string", "maxLength": 2000, "description": "what it is there for"},
)

PARTS: dict[str, Any] = {
    "goal": {
        "type": "string",
        "minLength": 1,
        "maxLength": 10_000,
        "description": "what it is for, in words",
    },
    "plan": PLAN,
    "coordinator": _said(
        _object("routine", routine=_said(_ROUTINE, "which one"), inputs={"type": "object"}),
        "a routine that makes the next plan when all tasks have ended and the goal is not met",
    ),
    "policy": POLICY,
    "team": {
        "type": "array",
        "items": _MEMBER,
        "maxItems": 100,
        "default": [],
        "description": "who is there: `name` and `role` each",
    },
    "done": DONE,
    "output": {"description": "what it comes to, with expressions; without, what its tasks did"},
}
"""What a swarm is made of, for its step and its file alike."""
