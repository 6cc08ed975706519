"""What is asked for from a page, and what is told of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from vrooli.console.parts.folds import verdict_of
from vrooli.console.parts.held_back import held_back, seconds_of
from vrooli.console.parts.recovering import wish_of
from vrooli.console.parts.steering import added, line_of
from vrooli.console.parts.threads import lines_of, long_answer
from vrooli.core.errors import Unreachable

PLAN = {"subject": "system-disk", "action": "prune-images", "danger": "destructive", "steps": []}


def test_a_confirmation_is_what_the_person_typed_and_nothing_else() -> None:
    assert wish_of(PLAN, {})["confirm"] == ""
    typed = wish_of(PLAN, {"confirm": "system-disk", "action": "other", "subject": "other"})
    assert typed == {
        "subject": "system-disk",
        "action": "prune-images",
        "dry_run": False,
        "confirm": "system-disk",
    }


def test_how_far_something_is_gives_way_to_what_comes_next() -> None:
    step = {"service": "web", "phase": "preparing", "seconds": 0.0}
    shown: list[str] = []
    before: dict[str, Any] = {}
    for message, numbers in (
        ("fetch it", {}),
        ("1 of 2", {"bytes_done": 1, "bytes_total": 2}),
        ("2 of 2", {"bytes_done": 2, "bytes_total": 2}),
        ("start it", {}),
    ):
        told = {**step, "message": message, **numbers}
        added(shown, told, before)
        before = told
    assert shown == ["web preparing: fetch it", "web preparing: start it"]


def test_lines_of_an_operation_are_told_in_words() -> None:
    step = {"service": "web", "phase": "healthy", "message": "HTTP 200", "seconds": 0.25}
    assert line_of(step) == "web healthy: HTTP 200, 0.2 s"
    assert line_of({"done": True, "ok": True}) == ""
    assert line_of({"done": True, "ok": False, "failed": ["web"]}) == "failed: web"
    told = {"done": True, "ok": False, "error": {"message": "there is no service"}}
    assert line_of(told) == "there is no service"


def test_what_is_only_supposed_is_said_so() -> None:
    told: dict[str, Any] = {
        "verdict": "heal",
        "rule": "heal",
        "reason": "ended",
        "actions": ["start"],
    }
    assert verdict_of(told) == "heal, by rule heal: ended. It would be tried: start"
    assert verdict_of({**told, "supposed": True}).startswith("It is well. If it failed now: ")


def test_all_that_holds_a_service_back_is_found() -> None:
    window = {"id": "w", "by": "ann", "why": "disk", "until": 9.0}
    windows = [
        {**window, "subjects": ["web"]},
        {**window, "subjects": []},
        {**window, "subjects": ["other"]},
    ]
    quarantine = [{"subject": "web", "by": "bob", "why": ""}]
    silence = {"id": "s", "by": "eve", "why": "", "until": 5.0}
    silences = [{**silence, "subject": "scenario-*"}, {**silence, "subject": "x"}]
    found = held_back(("web", "scenario-web"), windows, quarantine, silences)
    assert [(one.kind, one.id, one.scope) for one in found] == [
        ("maintenance", "w", ""),
        ("maintenance", "w", "all services"),
        ("quarantine", "web", ""),
        ("silence", "s", "scenario-*"),
    ]


@pytest.mark.parametrize(("said", "meant"), [("3600", 3600.0), ("1e9", 600.0), ("", 600.0)])
def test_only_lengths_that_are_offered_are_taken(said: str, meant: float) -> None:
    assert seconds_of({"seconds": said}) == meant


async def test_lines_come_from_a_thread_until_it_ends_or_fails() -> None:
    def lines() -> Iterator[int]:
        yield 1
        yield 2
        raise Unreachable("gone")

    told = lines_of(lines)
    assert [await anext(told), await anext(told)] == [1, 2]
    with pytest.raises(Unreachable, match="gone"):
        await anext(told)
    assert await long_answer(lambda: 5) == 5
