"""Each problem says what, since when, what was done about it, and what a person should do."""

from typing import Any

from vrooli.console.feed import Health
from vrooli.console.parts.problems import Problem, problems, titles_of

CAUSE = "exited with code 3\n  | listening\n  | fatal: no such table"
INCIDENT = {"subject": "shop", "title": "[s@h] shop fails", "opened_at": 60.0}


def heal(at: float, outcome: str | None = "ineffective") -> dict[str, Any]:
    attempts = [{"action": "start", "at": at, "error": ""}]
    return {
        "subject": "shop",
        "cause": CAUSE,
        "detected_at": at,
        "attempts": attempts,
        "outcome": outcome,
    }


def shop(message: str = CAUSE, state: str = "failed", **more: Any) -> dict[str, Any]:
    return {"name": "shop", "kind": "scenario", "state": state, "message": message, **more}


def only(row: dict[str, Any], **more: Any) -> Problem:
    began = more.pop("began", None)
    [found] = problems(Health({"services": [row]}, **more), {}, began)
    return found


def test_a_service_that_crashes_again_and_again_tells_all_of_it() -> None:
    said = "exited with code 3; backoff: failed 3 times lately; next look in 27 s"
    heals = (heal(90.0), heal(50.0), heal(40.0, "healed"), heal(10.0))
    found = only(
        shop(f"{said}\n  | listening\n  | fatal: no such table"), heals=heals, incidents=(INCIDENT,)
    )
    assert (found.what, found.last_words) == ("exited with code 3", "fatal: no such table")
    assert found.since == 50.0, "the first failure after the last heal that helped"
    assert (found.done.before, found.done.at) == ("Tried start, 2 times, the last ", 90.0)
    assert found.done.after == (": it did not help. The next try waits: it failed 3 times lately.")
    assert found.needs_person
    assert found.wanted.before == "A person is needed: read its log and mend the cause."


def test_what_the_history_knows_is_earlier_than_what_pages() -> None:
    assert only(shop(), incidents=(INCIDENT,), began={"scenario-shop": 20.0}).since == 20.0


def test_a_heal_under_way_is_what_is_done() -> None:
    row = shop("", "starting", last_heal={"outcome": None, "action": "restart"})
    found = only(row, heals=(heal(70.0, None),))
    assert (found.what, found.last_words) == ("exited with code 3", "fatal: no such table")
    assert (found.since, found.done.before) == (70.0, "Healing now: restart.")
    assert (found.wanted.before, found.needs_person) == ("Nobody is needed yet.", False)


def test_what_waits_names_what_it_waits_for() -> None:
    found = only(shop("", "blocked", waits_for=["postgres"]))
    assert found.done.before == "Nothing: it is left alone until postgres is back."


def test_a_bad_look_that_is_not_confirmed_says_so() -> None:
    found = only(shop("timeout", "running", health="critical"))
    assert (found.what, found.done.before) == (
        "timeout",
        "Looked at again before it is healed.",
    )


def test_an_own_check_goes_by_its_name_and_one_of_ours_by_its_title() -> None:
    checks = [
        {"id": "partner", "kind": "endpoint-http", "title": "URL"},
        {"id": "system-disk", "kind": "system-disk", "title": "Disk space"},
    ]
    rows = [{"check": one["id"], "status": "warning", "message": "bad"} for one in checks]
    found = problems(Health({"services": [], "problems": rows}), titles_of(checks))
    assert [one.name for one in found] == ["partner", "Disk space"]
    assert found[0].done.before == "Nothing was tried."


def test_who_is_at_it_is_named() -> None:
    found = only(shop(), incidents=({**INCIDENT, "acknowledged": {"by": "ada"}},))
    assert (found.wanted.before, found.needs_person) == ("ada is at it.", False)
