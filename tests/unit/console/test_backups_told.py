"""Backups, as the console shows them."""

from typing import Any

from vrooli.console.parts.backups_told import Backups, backups_of, in_line, verdict
from vrooli.console.parts.drills import charts_of, drills_of
from vrooli.console.parts.going_back import choices, first_of, order_of
from vrooli.console.parts.recovery_line import PARTS, line_of, span_of

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
    return {"name": name, "taken": NOW - 60, "verified_taken": verified, "rpo_objective": 21_600.0}


def drill(rto: float, ok: bool = True, met: bool = True) -> dict[str, Any]:
    """One restore for practice; the newest come first."""
    return {
        "at": NOW, "point": "point-60", "service": "postgres", "ok": ok, "rto": rto, "rpo": 0.0,
        "rto_objective": 900.0, "rpo_objective": 21_600.0, "why": "" if ok else "no", "met": met,
    }  # fmt: skip


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


def test_what_is_chosen_at_first_is_the_newest_that_holds_or_what_the_address_names() -> None:
    rows = [point(60, "failed"), point(120, "verified", ["postgres", "redis"])]
    said = backups_of(told(points=rows))
    assert [key for key, _ in choices(said, "")] == [
        "point-60/postgres", "point-120/postgres", "point-120/redis",
    ]  # fmt: skip
    assert first_of(said, "") == "point-120/postgres"
    assert first_of(said, "point-60") == "point-60/postgres"
    assert choices(said, "point-older")[0] == ("point-older/", "point-older")


def test_nothing_is_confirmed_for_the_person() -> None:
    plan = {"point": "point-60", "service": "postgres", "room": 7}
    assert order_of(plan, {})["confirm"] == ""
    assert order_of(plan, {"confirm": "redis"}) == {
        "options": {"restore": "point-60", "room": 7}, "confirm": "redis",
    }  # fmt: skip


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
