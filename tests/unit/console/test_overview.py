"""What cards, bars and tiles show."""

from typing import Any

from vrooli.console.feed import Health
from vrooli.console.parts.bars import letters
from vrooli.console.parts.problems import problems
from vrooli.console.parts.standing import first_line, listed, standing, wrong_ids
from vrooli.console.parts.vitals import vitals
from vrooli.console.past import Bars, Past, bars


def test_the_worst_problem_stands_first_and_what_waits_behind_its_cause() -> None:
    services = [
        {"name": "late", "state": "starting"},
        {"name": "web", "state": "blocked"},
        {"name": "db", "state": "failed"},
        {"name": "fine", "state": "running", "health": "ok"},
    ]
    check = {"check": "system-disk", "status": "critical", "message": "99 % used"}
    found = problems(Health({"services": services, "problems": [check]}), {})
    assert [one.name for one in found] == ["db", "web", "system-disk", "late"]


def test_a_heal_under_way_is_what_is_done() -> None:
    heal = {"outcome": None, "action": "restart"}
    row = {"name": "db", "state": "failed", "last_heal": heal, "held_back": ""}
    assert standing(row).doing == "healing now: restart"


def test_who_held_it_back_is_told() -> None:
    row = {"name": "db", "state": "failed", "held_back": "in quarantine"}
    assert standing(row).doing == "not touched: in quarantine"


def test_a_bar_is_a_letter() -> None:
    assert letters((100.0, 99.5, 12.0, None)) == "owc-"


def test_bars_go_by_the_name_of_the_service() -> None:
    rows: list[dict[str, Any]] = [
        {
            "check": "resource-db",
            "service": "db",
            "windows": [{"percent": 99.0, "parts": [98, 100]}],
        },
        {"check": "system-load", "service": None, "windows": [{"percent": None}]},
    ]
    assert bars(rows) == {"db": Bars(99.0, (98, 100)), "system-load": Bars()}


def test_what_was_read_lately_is_not_read_again() -> None:
    past = Past(read={"checks": 1000.0, "day": 995.0, "month": 930.0})
    assert past.due(1000.0) == ["month"]


def test_90_days_are_read_only_for_somebody() -> None:
    past = Past(read={"checks": 1000.0, "day": 1000.0, "month": 1000.0})
    assert past.due(1000.0) == []
    assert past.due(1000.0, {"quarter"}) == ["quarter"]


def test_vitals_have_values_with_units_and_what_is_missing_says_so() -> None:
    def row(
        name: str, unit: str, value: float | None, *, applicable: bool = True
    ) -> dict[str, Any]:
        result = {"status": "ok", "message": f"{value} {unit}", "value": value, "unit": unit}
        return {"id": name, "title": name, "result": {**result, "applicable": applicable}}

    rows: list[dict[str, Any]] = [
        row("system-memory", "%", 40.0),
        row("system-load", "per cpu", 0.2),
        row("system-swap", "", None, applicable=False),
        {"id": "system-disk", "title": "Disk", "result": None},
    ]
    found = vitals(rows)
    assert [(one.check, one.level, one.share) for one in found] == [
        ("system-load", "ok", None),
        ("system-memory", "ok", 40.0),
        ("system-swap", "off", None),
    ]


def test_a_card_has_room_for_one_line() -> None:
    assert first_line("a\nb") == "a"
    assert first_line("x" * 400).endswith("…")


def test_many_names_are_counted() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c", "d"]) == "a, b and 2 more"


def test_what_is_wrong_goes_by_the_ids_of_the_history() -> None:
    services = [
        {"name": "db", "kind": "resource", "state": "failed"},
        {"name": "web", "kind": "scenario", "state": "running", "health": "ok"},
    ]
    status = {"services": services, "problems": [{"check": "system-disk"}]}
    assert wrong_ids(status) == {"resource-db", "system-disk"}


def test_beginnings_are_read_while_one_is_not_known() -> None:
    past = Past(read={"checks": 1000.0, "day": 1000.0, "month": 1000.0, "began": 985.0})
    assert past.due(1000.0) == []
    assert past.due(1000.0, {"began"}) == ["began"]
    assert past.due(990.0, {"began"}) == []
