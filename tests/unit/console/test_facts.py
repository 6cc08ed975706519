"""How services and checks are, in words."""

from typing import Any

from vrooli.console.pages.check import heading_of, service_behind
from vrooli.console.pages.checks import in_words, rows_of
from vrooli.console.parts import check_facts
from vrooli.console.parts.check_facts import newer, seen_of, settings_of
from vrooli.console.parts.history import History, Point
from vrooli.console.parts.log_tail import tail_of
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


def test_a_check_says_where_it_is_changed() -> None:
    page = "docs/reference/checks.md#x"
    said = settings_of({**CHECK, "thresholds": {"warning": 1.0}, "page": page}, "")
    assert said.startswith("[checks.system-disk] of vrooli.toml: interval, warning, critical,")
    assert page in said
    of_web = settings_of({"kind": "http", "category": "scenario", "page": page}, "web")
    assert of_web.startswith("[scenarios.NAME] of vrooli.toml: health")


def test_of_a_log_the_last_lines_that_fit_are_shown() -> None:
    lines = [f"line {number}" for number in range(300)]
    assert tail_of(lines, "").lines[0] == "line 100"
    found = tail_of(lines, "LINE 29")
    assert (found.lines[0], len(found.lines)) == ("line 29", 11)
    assert found.said == "11 of the last 300 lines have it."
    assert tail_of([], "x").said == "It has written nothing."


def test_one_of_several_of_a_kind_is_headed_by_its_own_name() -> None:
    shop = {"id": "shop", "kind": "endpoint-tcp", "title": "Address"}
    assert heading_of(shop, "") == "shop: Address"
    assert heading_of({"id": "system-disk", "kind": "system-disk", "title": "Disk"}, "") == "Disk"
    web = {"id": "scenario-web", "kind": "http", "title": "Scenario web"}
    assert heading_of(web, "web") == "Scenario web"
