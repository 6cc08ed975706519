"""Why a run is where it is, case by case: the one reason that a person is told."""

from dataclasses import replace
from typing import Any

import pytest

from vrooli.execution.runs.engine import LEASE
from vrooli.execution.runs.why import Facts, Open, Reason, why, why_step

NOW = 1_800_000_000.0
RUN = Facts("r", "running", NOW - 100, moved_at=NOW - 50, owner="w", lease_until=NOW + 9, workers=1)
DO = Open("a", "http", NOW - 5)
REPEATABLE = Open("a", "http")
WAIT = Open("b", "wait", NOW - 5, None, NOW + 60)
LATER = Open("c", "wait", NOW - 5, None, NOW + 90)
RETRY = Open("d", "http", NOW - 1, NOW + 7)
APPROVAL = Open("e", "approval", NOW - 9)
NOBODY = {"owner": None, "lease_until": NOW - 1, "workers": 0}

# what is known of the run | code | moving | since | until | step
CASES: list[tuple[str, dict[str, Any], tuple[str, bool, float | None, float | None, str]]] = [
    ("done", {"status": "completed", "ended_at": NOW - 3}, ("ended", False, NOW - 3, None, "")),
    ("cancelled", {"status": "cancelled", "ended_at": NOW}, ("ended", False, NOW, None, "")),
    ("failed", {"status": "failed", "ended_at": NOW}, ("ended", False, NOW, None, "")),
    (
        "to decide",
        {"status": "failed", "ended_at": NOW, "undecided": ("x",)},
        ("unknown-effect", False, NOW, None, "x"),
    ),
    (
        "rescued",
        {"status": "completed", "ended_at": NOW, "undecided": ("x",)},
        ("ended", False, NOW, None, ""),
    ),
    ("paused", {"status": "paused"}, ("paused", False, NOW - 50, None, "")),
    (
        "to approve",
        {"status": "waiting", "open": (WAIT, APPROVAL)},
        ("approval", False, NOW - 9, None, "e"),
    ),
    ("waiting", {"status": "waiting"}, ("waiting", False, NOW - 50, None, "")),
    (
        "queued",
        {"status": "pending", "moved_at": NOW - 50},
        ("queued", True, NOW - 50, None, ""),
    ),
    (
        "just made",
        {"status": "pending", "moved_at": NOW - 1, **NOBODY},
        ("queued", True, NOW - 1, None, ""),
    ),
    ("no worker", {"status": "pending", **NOBODY}, ("no-worker", False, NOW - 50, None, "")),
    (
        "its worker died, and others live",
        {"lease_until": NOW - 2},
        ("lease-expired", True, NOW - 2, None, ""),
    ),
    (
        "its worker died, and no other lives",
        {"lease_until": NOW - 20, "workers": 0},
        ("no-worker", False, NOW - 20, None, ""),
    ),
    (
        "its worker is silent",
        {"lease_until": NOW + 3},
        ("silent-worker", True, NOW + 3 - LEASE, NOW + 3, ""),
    ),
    (
        "not readable",
        {"unreadable": "no such type"},
        ("definition", False, NOW - 50, None, ""),
    ),
    ("a step", {"open": (DO,)}, ("step", True, NOW - 5, None, "a")),
    ("of which nothing is written", {"open": (REPEATABLE,)}, ("step", True, None, None, "a")),
    ("a step and a wait", {"open": (WAIT, DO)}, ("step", True, NOW - 5, None, "a")),
    ("two waits", {"open": (LATER, WAIT)}, ("wait", True, NOW - 5, NOW + 60, "b")),
    ("a pause", {"open": (WAIT, RETRY)}, ("retry", True, NOW - 1, NOW + 7, "d")),
    ("a person, in a running run", {"open": (APPROVAL,)}, ("approval", False, NOW - 9, None, "e")),
    ("between steps", {}, ("between-steps", True, NOW - 50, None, "")),
]


def told(reason: Reason) -> tuple[str, bool, float | None, float | None, str]:
    return reason.code, reason.moving, reason.since, reason.until, reason.step


@pytest.mark.parametrize(("known", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_of_a_run(known: dict[str, Any], expected: tuple[Any, ...]) -> None:
    reason = why(replace(RUN, **known), NOW)
    assert told(reason) == expected
    assert reason.says
    assert reason.moving or reason.next_step or reason.code in ("ended", "waiting")


@pytest.mark.parametrize(
    ("path", "known", "code"),
    [
        ("a", {"open": (DO, WAIT)}, "step"),
        ("b", {"open": (DO, WAIT)}, "wait"),
        ("z", {"open": (DO, WAIT)}, "not-reached"),
        ("z", {"status": "paused"}, "not-reached"),
        ("a", {"open": (DO,), "lease_until": NOW - 2}, "lease-expired"),
        ("y", {"ended": (("y", "completed"),)}, "ended"),
        ("x", {"status": "failed", "ended_at": NOW, "undecided": ("x",)}, "unknown-effect"),
        ("z", {"status": "cancelled", "ended_at": NOW}, "ended"),
    ],
)
def test_of_a_step(path: str, known: dict[str, Any], code: str) -> None:
    assert why_step(replace(RUN, **known), path, NOW).code == code
