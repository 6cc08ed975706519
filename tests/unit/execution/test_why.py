"""Why a run is where it is, case by case: the one reason that a person is told, and what to do."""

import time
from dataclasses import replace
from typing import Any

import pytest

from vrooli.cli.run_why import lines
from vrooli.execution.runs.engine import LEASE
from vrooli.execution.runs.facts import Facts, Open, Over
from vrooli.execution.runs.why import GOES_ON, Reason, of_below, why, why_step
from vrooli.server.shapes import ReasonShape

NOW = 1_800_000_000.0
RUN = Facts(
    "r",
    "running",
    NOW - 100,
    moved_at=NOW - 50,
    owner="w",
    lease_until=NOW + 9,
    workers=1,
    serving=1,
)
DO = Open("a", "http", NOW - 5)
REPEATABLE = Open("a", "http")
WAIT = Open("b", "wait", NOW - 5, None, NOW + 60)
CARRIES = '{"invoice": JSON}'
SIGNAL = Open("g", "wait", NOW - 7, None, NOW + 60, signal="paid", data=CARRIES)
LATER = Open("c", "wait", NOW - 5, None, NOW + 90)
RETRY = Open("d", "http", NOW - 1, NOW + 7, None, "unreachable", "nobody answers (unreachable)")
DOWN = Open("d", "llm", NOW - 1, NOW + 7, None, "provider-down", "it is left alone for 30 s")
APPROVAL = Open("e", "approval", NOW - 9)
MANY = Open("each[2].e", "approval", NOW - 9)
BELOW = Open("f", "routine", NOW - 8, below="k")
NOBODY = {"owner": None, "lease_until": NOW - 1, "workers": 0, "serving": 0}
ENDED = {"status": "failed", "ended_at": NOW - 3}
PAUSED = {"status": "paused", "stands_since": NOW - 20, "stands_by": "ann"}
AT_LIMIT = {**PAUSED, "stands_by": "budget", "stands_why": "the budget has no step left for `x`"}
START = "vrooli start server"
MONTH = Over("ann@example.org", (("cost", 0.021), ("tokens", 110.0)), monthly=True)
RAISE = "vrooli user budget ann@example.org"

Case = tuple[str, dict[str, Any], tuple[str, bool, float, float | None, str, str]]

# what is known of the run | code | moving | since | until | step | command
CASES: list[Case] = [
    (
        "done",
        {"status": "completed", "ended_at": NOW - 3},
        ("ended", False, NOW - 3, None, "", "vrooli run show r"),
    ),
    (
        "cancelled",
        {"status": "cancelled", "ended_at": NOW, "stands_by": "ann"},
        ("ended", False, NOW, None, "", "vrooli run show r"),
    ),
    ("failed", ENDED, ("ended", False, NOW - 3, None, "", "vrooli run show r")),
    (
        "failed of what may pass",
        {**ENDED, "kind": "unreachable", "retryable": True},
        ("ended", False, NOW - 3, None, "", "vrooli run retry r"),
    ),
    (
        "failed of an open breaker",
        {**ENDED, "kind": "provider-down", "retryable": True},
        ("provider-down", False, NOW - 3, None, "", "vrooli run retry r"),
    ),
    (
        "failed at a limit",
        {**ENDED, "kind": "budget", "over": Over("r", (("tokens", 20.2),))},
        ("budget", False, NOW - 3, None, "", "vrooli run budget r tokens=21"),
    ),
    (
        "failed for want of a price",
        {**ENDED, "kind": "budget"},
        ("budget", False, NOW - 3, None, "", "vrooli model list"),
    ),
    (
        "to decide",
        {**ENDED, "undecided": ("x[1].y",)},
        ("unknown-effect", False, NOW - 3, None, "x[1].y", "vrooli run effects r"),
    ),
    (
        "rescued",
        {"status": "completed", "ended_at": NOW, "undecided": ("x",)},
        ("ended", False, NOW, None, "", "vrooli run show r"),
    ),
    ("paused", PAUSED, ("paused", False, NOW - 20, None, "", "vrooli run resume r")),
    (
        "paused at a limit",
        {**AT_LIMIT, "over": Over("r", (("steps", 14.0),))},
        ("budget", False, NOW - 20, None, "", "vrooli run budget r steps=14"),
    ),
    (
        "paused at a limit of a run above",
        {**AT_LIMIT, "over": Over("top", (("cost", 0.75),))},
        ("budget", False, NOW - 20, None, "", "vrooli run budget top cost=0.75"),
    ),
    (
        "paused at the limit of a month",
        {**AT_LIMIT, "over": MONTH, "lease_until": NOW + 604_798},
        ("budget", False, NOW - 20, NOW + 604_798, "", f"{RAISE} --cost 0.021 --tokens 110"),
    ),
    (
        "paused at a limit that is another one by now",
        {**AT_LIMIT, "over": replace(MONTH, enough=())},
        ("budget", False, NOW - 20, None, "", "vrooli run resume r"),
    ),
    (
        "to approve",
        {"status": "waiting", "open": (WAIT, APPROVAL), "lease_until": NOW + 60},
        ("approval", False, NOW - 9, NOW + 60, "e", "vrooli approval approve r e"),
    ),
    (
        "to approve in a map",
        {"status": "waiting", "open": (MANY,), "lease_until": None},
        ("approval", False, NOW - 9, None, MANY.path, "vrooli approval approve r 'each[2].e'"),
    ),
    (
        "in two waits",
        {"status": "waiting", "open": (LATER, WAIT), "lease_until": NOW + 60},
        ("wait", True, NOW - 5, NOW + 60, "b", ""),
    ),
    (
        "waiting",
        {"status": "waiting", "stands_since": NOW - 20, "lease_until": NOW + 4},
        ("waiting", False, NOW - 20, NOW + 4, "", "vrooli run show r"),
    ),
    (
        "queued",
        {"status": "pending", "moved_at": NOW - 50},
        ("queued", True, NOW - 50, None, "", ""),
    ),
    (
        "just made",
        {"status": "pending", "moved_at": NOW - 1, **NOBODY},
        ("queued", True, NOW - 1, None, "", ""),
    ),
    (
        "no worker",
        {"status": "pending", **NOBODY},
        ("no-worker", False, NOW - 50, None, "", START),
    ),
    (
        "no worker for its queue, others at work",
        {"status": "pending", **NOBODY, "workers": 3, "queue": "gpu"},
        ("no-worker", False, NOW - 50, None, "", "vrooli worker --queues gpu"),
    ),
    (
        "left by who cannot read it",
        {"status": "pending", "unread": "no such type"},
        ("definition", False, NOW - 50, None, "", "vrooli run cancel r"),
    ),
    (
        "its worker lost its lease, and others live",
        {"lease_until": NOW - 2},
        ("lease-expired", True, NOW - 2, None, "", ""),
    ),
    (
        "its worker lost its lease, and no other lives",
        {"lease_until": NOW - 20, "workers": 0, "serving": 0},
        ("no-worker", False, NOW - 20, None, "", START),
    ),
    (
        "its worker is silent",
        {"lease_until": NOW + 3},
        ("silent-worker", True, NOW + 3 - LEASE, NOW + 3, "", ""),
    ),
    (
        "its worker is silent, and there is no other",
        {"lease_until": NOW + 3, "workers": 0},
        ("silent-worker", False, NOW + 3 - LEASE, NOW + 3, "", START),
    ),
    (
        "not readable",
        {"unreadable": "no such type"},
        ("definition", False, NOW - 50, None, "", "vrooli run cancel r"),
    ),
    ("a step", {"open": (DO,)}, ("step", True, NOW - 5, None, "a", "")),
    (
        "of which nothing is written",
        {"open": (REPEATABLE,)},
        ("step", True, NOW - 50, None, "a", ""),
    ),
    ("a step and a wait", {"open": (WAIT, DO)}, ("step", True, NOW - 5, None, "a", "")),
    ("two waits", {"open": (LATER, WAIT)}, ("wait", True, NOW - 5, NOW + 60, "b", "")),
    ("a pause", {"open": (WAIT, RETRY)}, ("retry", True, NOW - 1, NOW + 7, "d", "")),
    (
        "an open breaker",
        {"open": (WAIT, DOWN)},
        ("provider-down", True, NOW - 1, NOW + 7, "d", "vrooli model list"),
    ),
    (
        "a run of its own",
        {"open": (WAIT, BELOW)},
        ("below", True, NOW - 8, None, "f", "vrooli run why k"),
    ),
    (
        "a person, in a running run",
        {"open": (APPROVAL,)},
        ("approval", False, NOW - 9, None, "e", "vrooli approval approve r e"),
    ),
    (
        "a signal",
        {"status": "waiting", "open": (LATER, SIGNAL), "lease_until": NOW + 60},
        ("signal", False, NOW - 7, NOW + 60, "g", f"vrooli run signal r paid --data '{CARRIES}'"),
    ),
    ("between steps", {}, ("between-steps", True, NOW - 50, None, "", "")),
]


def told(reason: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(reason[key] for key in ("code", "moving", "since", "until", "step", "command"))


@pytest.mark.parametrize(("known", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_of_a_run(known: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """As the API tells it, and as the command line writes it."""
    wire = why(replace(RUN, **known), NOW).to_json()
    assert ReasonShape.model_validate(wire).model_dump() == wire
    assert told(wire) == expected
    assert wire["moving"] or wire["command"], "who must do something is told what"
    first, since, *rest = lines(wire, NOW)
    assert first == f"{wire['says']} ({wire['code']})"
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(wire["since"]))
    assert since == f"  since: {moment}"
    assert wire["command"] in rest[-1]
    assert rest[-1].startswith("  next: ")
    assert len(rest) == (1 if wire["until"] is None else 2)


@pytest.mark.parametrize(
    ("path", "known", "code"),
    [
        ("a", {"open": (DO, WAIT)}, "step"),
        ("b", {"open": (DO, WAIT)}, "wait"),
        ("f", {"open": (DO, BELOW)}, "below"),
        ("z", {"open": (DO, WAIT)}, "not-reached"),
        ("z", {"status": "paused"}, "not-reached"),
        ("a", {"open": (DO,), "lease_until": NOW - 2}, "lease-expired"),
        ("y", {"ended": (("y", "completed", NOW - 9),)}, "ended"),
        ("x", {"status": "failed", "ended_at": NOW, "undecided": ("x",)}, "unknown-effect"),
        ("z", {"status": "cancelled", "ended_at": NOW}, "ended"),
    ],
)
def test_of_a_step(path: str, known: dict[str, Any], code: str) -> None:
    said = why_step(replace(RUN, **known), path, NOW)
    assert said.code == code
    assert said.since
    assert said.command or said.moving


def test_of_a_step_that_waits_for_its_run() -> None:
    """The reason is that of the run below, and so is what to do."""
    above = why(replace(RUN, open=(BELOW,)), NOW)
    below = why(replace(RUN, run="k", status="waiting", open=(APPROVAL,)), NOW)
    said = of_below(above, below)
    assert (said.code, said.step, said.moving) == ("approval", "f", False)
    assert said.command == "vrooli approval approve k e"
    assert said.says == "step `f` waits for its run k: step `e` waits for a person"


def test_where_nobody_need_do_anything_that_is_said() -> None:
    assert Reason("step", "it is done", True).next_step == GOES_ON


def test_signals_that_no_step_has_taken_are_told() -> None:
    facts = replace(RUN, status="waiting", open=(SIGNAL,), kept=(("payd", 2), ("x", 1)))
    reason = why(facts, NOW)
    assert reason.command == "vrooli run signal r paid --data '{\"invoice\": JSON}'"
    assert lines(reason.to_json(), NOW)[3] == (
        "  kept: signals that no step has taken: `payd` (2), `x`"
    )


def test_a_long_time_is_told_as_people_tell_it() -> None:
    """Not by its seconds."""
    reason = Reason("wait", "it waits", True, NOW, NOW + 604_798)
    assert lines(reason.to_json(), NOW)[2].endswith("(in 7 d)")
    assert lines(replace(reason, until=NOW - 1).to_json(), NOW)[2].endswith("(in 0 s)")
