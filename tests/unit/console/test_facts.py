"""How services and checks are, in words."""

from typing import Any

from vrooli.console.pages.check import service_behind
from vrooli.console.pages.checks import in_words, rows_of
from vrooli.console.parts import check_facts
from vrooli.console.parts.check_facts import newer, seen_of
from vrooli.console.parts.history import History, Point
from vrooli.console.parts.past import Told
from vrooli.console.parts.service_facts import aged, facts_of

SERVICE = {
    "name": "web",
    "kind": "scenario",
    "runtime": "process",
    "state": "running",
    "health": "ok",
    "message": "HTTP 200",
    "outdated": False,
    "started_at": 5.0,
    "restarts_24h": 2,
}
CHECK: dict[str, Any] = {
    "id": "system-disk",
    "title": "Disk",
    "category": "system",
    "unit": "%",
    "looked_at": 10.0,
    "result": {"status": "warning", "message": "86 % of /", "value": 86.0, "applicable": True},
}


def test_a_service_is_told_in_words() -> None:
    facts = facts_of(SERVICE, [])
    assert (facts.level, facts.headline, facts.since) == ("ok", "web runs and answers", 5.0)
    assert ("Restarts", "2 in 24 h") in facts.facts
    failed = facts_of({**SERVICE, "state": "failed", "health": "ok"}, [])
    assert (failed.level, failed.headline, failed.since) == ("critical", "web has failed", None)
    assert facts_of({**SERVICE, "state": "stopped"}, []).level == "off"


def test_nothing_is_green_that_nobody_sees() -> None:
    for old in (
        aged(facts_of(SERVICE, []), "no answer"),
        check_facts.aged(seen_of(CHECK, []), "no answer"),
    ):
        assert old.level == "unknown"
        assert old.headline.startswith("Not known now. Last known: ")
    assert aged(facts_of(SERVICE, []), "") == facts_of(SERVICE, [])


def test_a_check_is_told_with_its_value_and_unit() -> None:
    seen = seen_of(CHECK, [])
    assert (seen.level, seen.headline) == ("warning", "system-disk warns: 86 %")
    without = seen_of({**CHECK, "result": {"status": "ok", "applicable": False}}, [])
    assert without.headline == "system-disk has no meaning on this machine"


def test_a_newer_single_look_replaces_what_the_page_began_with() -> None:
    def told(step: str) -> Told:
        points = (Point(20.0, "ok", 50.0, "50 % of /"),)
        return Told(History(0, 30, "%", points, {}, step, False), (), (), ())

    assert seen_of(newer(CHECK, told("raw")), []).message == "50 % of /"
    assert newer(CHECK, told("hour")) == CHECK, "that is no look"


def test_the_worst_checks_come_first_and_those_without_meaning_last() -> None:
    def check(name: str, **result: Any) -> dict[str, Any]:
        return {**CHECK, "id": name, "result": {"status": "ok", "message": "", **result}}

    rows = rows_of([check("a"), check("b", applicable=False), check("c", status="critical")])
    assert [row.id for row in rows] == ["c", "a", "b"]
    assert in_words(rows) == "1 critical, 1 ok; 1 without meaning on this machine"


def test_the_service_behind_a_check_is_one_that_there_is() -> None:
    assert service_behind({"id": "scenario-web-1"}, ["web-1"]) == "web-1"
    assert service_behind({"id": "scenario-web"}, ["web-1"]) == ""
    assert service_behind({"id": "system-disk"}, ["disk"]) == ""
