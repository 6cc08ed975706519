"""Backups, as the console shows them."""

from typing import Any

import pytest

from vrooli.console.parts.backups_told import Backups, Work, backups_of, in_line, verdict
from vrooli.console.parts.drills import charts_of, drills_of
from vrooli.console.parts.recovery_line import PARTS, line_of, span_of
from vrooli.console.parts.restore_plan import (
    asked_of,
    choices,
    differs,
    doable,
    orders_of,
    parts_of,
    reached,
    services_of,
)
from vrooli.console.parts.schema_form import NotFilled

NOW = 1_795_000_000.0
DAY = 86_400.0


def point(ago: float, outcome: str = "verified", services: Any = ("postgres",)) -> dict[str, Any]:
    """One of `GET /backups`."""
    return {
        "id": f"point-{ago:g}", "begun": NOW - ago - 5, "taken": NOW - ago, "plain": 2**20,
        "stored": 2**10, "services": list(services), "stores": ["here"], "outcome": outcome,
        "proved": NOW - ago, "why": "", "checks": ["every row was read"],
    }  # fmt: skip


def service(verified_ago: float | None, name: str = "postgres") -> dict[str, Any]:
    """One of its services; 6 h may be lost."""
    verified = 0.0 if verified_ago is None else NOW - verified_ago
    return {
        "name": name,
        "source": f"{name}-physical",
        "taken": NOW - 60,
        "verified_taken": verified,
        "rpo_objective": 21_600.0,
    }


def drill(rto: float, ok: bool = True, met: bool = True) -> dict[str, Any]:
    """One restore for practice; the newest come first."""
    return {
        "at": NOW, "point": "point-60", "service": "postgres", "ok": ok, "rto": rto, "rpo": 0.0,
        "rto_objective": 900.0, "rpo_objective": 21_600.0, "why": "" if ok else "no", "met": met,
    }  # fmt: skip


SYSTEM = {**service(1, "system"), "source": "system"}


def told(**more: Any) -> dict[str, Any]:
    """All of `GET /backups`."""
    said: dict[str, Any] = {
        "at": NOW, "enabled": True, "trouble": "", "working": [], "services": [service(60)],
        "points": [point(60)], "next": None, "count": 1, "failures": [], "failed": 0,
        "drills": [], "jobs": [], "checks": [],
    }  # fmt: skip
    return {**said, **more}


def _verdict(**more: Any) -> tuple[str, str]:
    return verdict(backups_of(told(**more)))


def test_the_worst_decides_what_is_said() -> None:
    assert _verdict() == ("ok", "All that is backed up can be gone back to.")
    assert _verdict(points=[], services=[], count=0)[0] == "unknown"
    assert _verdict(points=[], services=[], count=0, failed=2)[0] == "critical"
    level, words = _verdict(services=[service(None, "a"), service(None, "b"), service(60, "c")])
    assert (level, words) == ("critical", "No restore point of a and b is proven to work.")
    level, words = _verdict(services=[service(7 * 3600.0)])
    assert (level, "older than it may be: postgres" in words) == ("warning", True)
    left = backups_of(told(points=[{**point(60), "left_out": {"uploads": 3}}]))
    assert left.points[0].left_out == "3 files of uploads"


def test_a_check_of_backups_that_is_not_well_is_shown() -> None:
    bad = {"status": "critical", "applicable": True, "message": "no key was exported"}
    rows = [
        {"id": "backup-key", "result": bad},
        {"id": "backup-store", "result": {**bad, "status": "ok"}},
        {"id": "backup-wal", "result": {**bad, "applicable": False}},
        {"id": "backup-drill", "result": None},
    ]
    said = backups_of(told(checks=rows))
    assert [(one.id, one.level) for one in said.warned] == [("backup-key", "critical")]
    assert verdict(said)[0] == "critical"


def test_the_overview_tells_the_age_of_what_is_verified_and_nothing_where_there_is_nothing() -> (
    None
):
    two = [service(60, "a"), service(500, "b")]
    assert in_line(backups_of(told(services=two))) == (
        "ok", "All that is backed up can be gone back to.", NOW - 500,
    )  # fmt: skip
    assert in_line(Backups()) is None


def test_each_service_has_a_lane_and_the_best_of_what_is_close_counts() -> None:
    rows = [
        point(60, "failed"),
        point(61, "verified", ["postgres", "redis"]),
        point(3 * DAY, "unverified"),
        point(40 * DAY),
    ]
    said = backups_of(told(points=rows))
    postgres, redis = line_of(said.points, NOW, 7 * DAY).lanes
    assert [(mark.part, mark.level) for mark in postgres.marks][1] == (PARTS - 1, "ok")
    assert postgres.marks[0].level == "unknown"
    assert postgres.marks[-1].words.endswith("proof failed, and 1 more")
    assert redis.words == "redis: 1 verified"
    assert span_of(said.points, NOW, "") == 365 * DAY
    assert span_of(said.points, NOW, "24h") == DAY
    far = line_of(said.points, NOW + 100 * DAY, DAY).lanes[0]
    assert far.words == "postgres: nothing in this time"


def test_many_points_stay_few_marks() -> None:
    rows = [point(60.0 * n) for n in range(500)]
    (lane,) = line_of(backups_of(told(points=rows)).points, NOW, DAY).lanes
    assert len(lane.marks) <= PARTS


def test_an_objective_is_drawn_where_it_is_near() -> None:
    near, _ = charts_of(told(drills=[drill(1000.0, met=False), drill(600.0)]))
    assert near.limit
    assert near.bars[1].count("M") == 1
    assert near.level == "warning"
    far, lossless = charts_of(told(drills=[drill(2.0), drill(999.0, ok=False)]))
    assert (far.limit, far.level) == ("", "ok")
    assert far.words == "2 s, 15 min are the objective; the objective is far above what is drawn"
    assert lossless.words.startswith("0 s")


def test_a_drill_says_how_it_went() -> None:
    rows = [drill(2.0), drill(1000.0, met=False), drill(3.0, ok=False, met=False)]
    found = drills_of(told(drills=rows))
    assert [(one.state, one.level) for one in found] == [
        ("met", "ok"), ("missed", "warning"), ("failed", "critical"),
    ]  # fmt: skip
    assert (found[0].rto, found[2].rto, found[2].why) == ("2 s of 15 min", "", "no")


def test_what_is_chosen_at_first_is_the_database_or_what_the_address_names() -> None:
    rows = [point(60, "failed"), point(120, "verified", ["postgres", "redis"])]
    said = backups_of(told(points=rows, services=[service(1, "redis"), service(1), SYSTEM]))
    assert [value for value, _ in choices(said, "")] == ["latest", "point-60", "point-120"]
    assert choices(said, "older")[1] == ("older", "older")
    assert services_of(said, "") == [("redis", False), ("postgres", True)]
    assert services_of(said, "point-120") == [("redis", True), ("postgres", True)]
    assert services_of(said, "point-60") == [("postgres", True)]


def test_what_is_missing_is_told_at_its_field() -> None:
    filled = {"to": "moment", "moment": " ", "unknown": "x"}
    with pytest.raises(NotFilled) as caught:
        asked_of(filled)
    assert set(caught.value.mistakes) == {"services", "moment"}
    both = {"service-postgres": "yes", "service-redis": "yes"}
    asked = asked_of({**both, "to": "moment", "moment": "2026-11-28T11:52:00Z"})
    assert asked == {"point": None, "to": "2026-11-28T11:52:00Z", "services": "postgres,redis"}
    assert asked_of({**both, "to": "point-60", "moment": "1999"})["to"] is None


def part(name: str, **more: Any) -> dict[str, Any]:
    """One of `GET /backups/plan`."""
    said: dict[str, Any] = {
        "service": name, "source": name, "point": "point-60", "taken": NOW - 60, "plain": 2**20,
        "outcome": "verified", "where": "file:///b", "since": NOW - 5, "seconds": 3.0,
        "steps": ["a"], "stops": [name], "refused": None,
        "order": {"restore": "point-60", "room": 2**20, "until": "latest"}, "files": None,
    }  # fmt: skip
    return {**said, **more}


def test_a_plan_says_what_it_takes_and_what_cannot_be_done_from_here() -> None:
    one, gone = parts_of({"parts": [part("postgres"), part("redis", order=None, seconds=0)]})
    assert one.facts == "1.0 MB from file:///b; about 3 s"
    assert (one.follows, one.by_hand) == ("latest", "")
    assert gone.by_hand == "vrooli restore point-60 --only redis"
    assert doable([one, gone]) == [one]
    no = parts_of({"parts": [part("redis", refused={"message": "no room", "next_step": "make"})]})
    assert doable([one, *no]) == []


def test_files_are_put_back_from_here_and_say_what_is_otherwise_now() -> None:
    differing = {"changed": 2, "missing": 0, "new": 1, "unread": 0}
    said: dict[str, Any] = {"differs": differing, "whole": True, "shown": ["~ /a", "+ /b"]}
    (one,) = parts_of({"parts": [part("site", order=None, files=said)]})
    assert (one.of_files, one.by_hand, doable([one])) == (True, "", [one])
    assert one.differs == "Files and folders: 2 changed since and 1 came since."
    assert one.shown == ("~ /a", "+ /b")
    assert differs({**said, "whole": False}).startswith("At least 2 changed since")
    same = dict.fromkeys(differing, 0)
    assert differs({**said, "differs": same}) == "All files are as they were then."
    assert differs({**said, "differs": same, "whole": False}) == (
        "Too much to be compared here: `vrooli restore --dry-run` does it."
    )
    assert reached(one, NOW, NOW + 2) == "site: RTO 2 s, RPO at most 5 s"


def test_files_that_were_put_back_say_where_what_was_there_lies() -> None:
    moved = [{"path": "/a", "kept": "/a.m.before"}, {"path": "/b", "kept": ""}]
    row = {
        "name": "site", "point": "point-60", "at": NOW, "state": "restored", "moved": moved,
        "count": 5,
    }  # fmt: skip
    done, going = backups_of(told(restored=[row, row | {"state": "undoing"}])).restored
    assert (done.kept, done.more, done.cut_short) == (("/a.m.before",), 3, False)
    assert going.cut_short


def test_nothing_is_confirmed_for_the_person() -> None:
    one, two = parts_of({"parts": [part("postgres"), part("redis")]})
    assert orders_of([one], "redis") == [(one, "redis")]
    with pytest.raises(NotFilled, match="redis must be typed as well"):
        orders_of([one, two], "postgres")
    both = orders_of([one, two], "redis, postgres")
    assert both == [(one, "postgres"), (two, "redis")]


def test_a_store_that_lacks_points_says_how_many() -> None:
    row = {
        "name": "off", "where": "s3://b", "points": 1, "lacks": 2, "newest": NOW,
        "has_newest": True,
    }  # fmt: skip
    whole = {**row, "points": 3, "lacks": 0}
    said = backups_of(told(count=3, stores=[row, whole, {**row, "has_newest": False}]))
    assert [one.level for one in said.stores] == ["warning", "ok", "critical"]
    assert said.stores[0].words == "1 points; 2 of 3 are missing"


def test_a_job_that_is_due_is_told() -> None:
    row = {"name": "backup", "next_due": NOW + 60, "running": None, "last": None, "result": None}
    said = backups_of(told(jobs=[row]))
    assert said.by_itself
    assert (said.due[0].next, said.due[0].running, said.due[0].wrong) == (NOW + 60, False, "")


def test_any_moment_behind_a_point_in_a_time_without_a_gap_can_be_had() -> None:
    spans = [[NOW - 5000, NOW - 4000], [NOW - 3000, NOW]]
    row = {
        "service": "postgres", "streaming": True, "why": "", "lag_seconds": 0.5, "lag_bytes": 9,
        "spans": spans,
    }  # fmt: skip
    said = backups_of(told(points=[point(60), point(2000), point(3500)], wal=[row]))
    (wal,) = said.wal
    assert (wal.words, wal.level) == ("WAL is received, 0.5 s behind", "ok")
    assert wal.spans == ((NOW - 2000, NOW),), "nothing to begin at in the first"
    (lane,) = line_of(said.points, NOW, DAY, said.wal).lanes
    assert lane.bars[0][1] > 0.99
    assert lane.bar.startswith("M")
    dead = backups_of(told(wal=[{**row, "streaming": False, "why": "no slot"}])).wal[0]
    assert (dead.words, dead.level) == ("no WAL is received: no slot", "critical")


def test_what_is_under_way_says_how_far_it_is() -> None:
    row = {"what": "backup", "pid": 7, "seconds": 60.2}
    far = {"of": "postgres", "bytes_done": 25_000_000, "bytes_total": 100_000_000}
    begun = {"what": "proof", "pid": 7, "seconds": 1.0, "of": "postgres: start it"}
    early, half, proof = backups_of(told(working=[row, row | far, begun])).working
    assert early == Work("A backup is being taken", NOW - 60, "", None)
    assert (half.far, half.share) == ("postgres: 25.0 MB of 100.0 MB", 25)
    assert (proof.far, proof.share) == ("postgres: start it", None)
    (more,) = backups_of(told(working=[row | far | {"bytes_total": 20_000_000}])).working
    assert (more.far, more.share) == ("postgres: 25.0 MB", None), "it was an estimate"
