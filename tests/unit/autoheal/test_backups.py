"""What the watchdog tells of backups, from the record that whoever takes them writes."""

import fcntl
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from vrooli.autoheal.backup_metrics import BackupCollector
from vrooli.autoheal.backup_view import by_service, told
from vrooli.autoheal.backups import BackupRecord, Known
from vrooli.autoheal.metrics import prometheus_text
from vrooli.core.errors import UsageError
from vrooli.core.home import Home
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.readfiles import LocalFiles
from vrooli.main.backup_working import Noted
from vrooli.stack.backup_ledger import (
    BackupLedger,
    Drill,
    Failure,
    Taken,
    ledger_read,
    ledger_written,
)
from vrooli.stack.backup_settings import Objectives
from vrooli.stack.files_restored import FilesRestored, Moved, restored_written
from vrooli.stack.pace import Measured
from vrooli.stack.postgres.wal.status import Received, received_written
from vrooli.stack.postgres.wal.streams import note_written

WALL = 10_000.0


def _point(at: float, *services: str, outcome: str = "verified") -> Taken:
    sources = {name: f"{name}-physical" for name in services}
    return Taken(f"point-{at:g}", at - 10, at, 1000, 100, services, sources, ("here",), outcome)


def _drill(at: float, rto: float) -> Drill:
    return Drill(at, "point-100", "postgres", True, rto, 60.0, 900.0, 21_600.0)


LEDGER = BackupLedger(
    (
        _point(100.0, "postgres", "redis"),
        _point(200.0, "redis"),
        _point(300.0, "postgres", outcome="failed"),
    ),
    (Failure(250.0, "no room"),),
    (_drill(150.0, 5.0), _drill(160.0, 1000.0)),
    7,
)


def test_the_record_comes_back_as_it_was_written() -> None:
    assert ledger_read(ledger_written(LEDGER).encode()) == LEDGER
    lacking = replace(LEDGER.points[0], left_out={"site": 2}, lacks=("site: /a: gone",))
    known = LEDGER.with_point(lacking)
    assert ledger_read(ledger_written(known).encode()) == known
    assert LEDGER.with_failure(Failure(1.0, "")).failed == 8


def test_each_service_has_its_newest_point_and_its_newest_good_one() -> None:
    postgres, redis = by_service(LEDGER)
    assert (postgres.newest.id, redis.newest.id) == ("point-300", "point-200")
    assert postgres.verified is not None
    assert postgres.verified.id == "point-100"
    assert postgres.drill is not None
    assert not postgres.drill.met


def test_points_come_in_pages_and_each_once() -> None:
    seen, before = [], ""
    while True:
        page = told(Known(LEDGER), Objectives(), 2, before, {})
        seen += [point["id"] for point in page["points"]]
        if (before := page["next"]) is None:
            break
    assert seen == ["point-300", "point-200", "point-100"]
    with pytest.raises(UsageError, match="no restore point `gone`"):
        told(Known(LEDGER), Objectives(), 2, "gone", {})


def test_what_is_told_is_the_newest_first_and_has_the_objectives() -> None:
    stores = {"here": "file:///b", "off": "s3://b"}
    said = told(Known(LEDGER, (), "old"), Objectives(redis_rpo=60.0), 10, "", stores)
    assert (said["trouble"], said["count"], said["failed"], said["next"]) == ("old", 3, 7, None)
    assert [drill["met"] for drill in said["drills"]] == [False, True]
    redis = said["services"][1]
    assert (redis["rto_objective"], redis["rpo_objective"]) == (300.0, 60.0)
    here, off = said["stores"]
    assert (here["points"], here["lacks"], here["newest"], here["has_newest"]) == (
        3,
        0,
        300.0,
        True,
    )
    assert (off["points"], off["lacks"], off["has_newest"]) == (0, 3, False)


async def test_the_record_is_read_anew_when_it_has_changed(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path)
    record = BackupRecord(home, LocalFiles(), MemoryClock(WALL))
    assert await record.look() == Known()
    home.backup_ledger.write_text(ledger_written(LEDGER), encoding="utf-8")
    first = await record.look()
    assert first.ledger == LEDGER
    assert (await record.look()).ledger is first.ledger, "nothing has changed"
    other = tmp_path / "other"
    other.write_text(ledger_written(replace(LEDGER, failed=9)), encoding="utf-8")
    other.replace(home.backup_ledger)
    assert (await record.look()).ledger.failed == 9
    other.write_text("{", encoding="utf-8")
    other.replace(home.backup_ledger)
    damaged = await record.look()
    assert "cannot be understood" in damaged.trouble
    assert damaged.ledger.failed == 9


async def test_who_works_at_backups_is_seen_by_his_lock(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path)
    home.holds.mkdir()
    record = BackupRecord(home, LocalFiles(), MemoryClock(WALL))
    with (home.holds / "backup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        (working,) = (await record.look()).working
        assert (working.what, working.pid, working.of) == ("backup", os.getpid(), "")
        with Noted(home.backup_working("backup")) as noted:
            noted.line(Measured("a half", "postgres: ", 100, 200))
            (half,) = (await record.look()).working
            noted.line("postgres: start it")
            (starts,) = (await record.look()).working
            path = home.backup_working("backup")
            path.write_text(path.read_text(encoding="utf-8").replace(str(os.getpid()), "1"))
            assert (await record.look()).working[0].of == "", "who was killed left it"
        assert not path.exists()
    assert (half.of, half.bytes_done, half.bytes_total) == ("postgres", 100, 200)
    assert (starts.of, starts.bytes_done, starts.bytes_total) == ("postgres: start it", 0, 0)
    assert (await record.look()).working == ()


def _series(ledger: BackupLedger) -> dict[tuple[str, ...], float]:
    collector = BackupCollector(lambda: Known(ledger), Objectives, MemoryClock(WALL))
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(prometheus_text(collector).decode())
        for sample in family.samples
    }


def test_the_numbers_tell_what_can_be_trusted() -> None:
    said = _series(LEDGER)
    assert said["vrooli_backup_age_seconds", "postgres"] == WALL - 300
    assert said["vrooli_backup_verified_age_seconds", "postgres"] == WALL - 100
    assert said["vrooli_backup_rate_bytes_per_second", "postgres"] == 100
    assert said["vrooli_backup_proof", "failed", "postgres"] == 1
    assert said["vrooli_backup_proof", "postgres", "verified"] == 0
    assert said["vrooli_backup_drill_rto_seconds", "postgres"] == 1000
    assert said["vrooli_backup_rto_objective_seconds", "postgres"] == 900
    assert said["vrooli_backup_failures_total",] == 7
    assert said["vrooli_backup_left_out", "postgres"] == 0
    newest = replace(LEDGER.points[-1], left_out={"postgres": 3, "another": 2})
    said = _series(LEDGER.with_point(newest))
    assert said["vrooli_backup_left_out", "postgres"] == 3
    assert ("vrooli_backup_drill_rto_seconds", "redis") not in said


def _stream(home: Home, name: str, begun: float, gap: str, seen: float) -> None:
    folder = home.root / "wal" / "postgres" / "7" / name
    folder.mkdir(parents=True)
    (folder / "stream.json").write_text(note_written(begun, gap), encoding="utf-8")
    os.utime(folder / "stream.json", (seen, seen))


async def test_what_is_received_of_the_wal_is_told_and_what_is_silent_grows_old(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path, tmp_path)
    _stream(home, "00000001", 100.0, "", 200.0)
    _stream(home, "00000002", 200.0, "", 300.0)
    _stream(home, "00000002-2", 400.0, "the slot was lost", 500.0)
    status = home.root / "wal" / "postgres" / "status.json"
    seen = Received(at=WALL - 1, since=100.0, streaming=True, system="7", lag_seconds=0.5)
    status.write_text(received_written(seen), encoding="utf-8")
    clock = MemoryClock(WALL)
    record = BackupRecord(home, LocalFiles(), clock)
    (wal,) = (await record.look()).wal
    assert (wal.service, wal.streaming, wal.lag_seconds) == ("postgres", True, 0.5)
    assert wal.spans == ((100.0, 300.0), (400.0, 500.0))
    await clock.advance(60.0)
    (wal,) = (await record.look()).wal
    assert (wal.streaming, wal.lag_seconds) == (False, 61.5)


def test_what_was_never_verified_is_infinitely_old() -> None:
    said = _series(BackupLedger((_point(100.0, "postgres", outcome="unverified"),)))
    assert said["vrooli_backup_verified_age_seconds", "postgres"] == math.inf


def test_names_that_are_gone_do_not_grow_the_series() -> None:
    many = tuple(_point(float(n), f"old-{n}") for n in range(1, 1000))
    assert len(by_service(BackupLedger(many))) == 100


async def test_files_that_were_put_back_are_told_with_where_what_was_there_lies(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path, tmp_path)
    record = BackupRecord(home, LocalFiles(), MemoryClock(WALL))
    moved = tuple(Moved(f"/srv/{number}", f"/srv/{number}.m.before") for number in range(25))
    done = FilesRestored("point-100", 90.0, "m", "restored", moved)
    home.files_restored.write_text(restored_written({"site": done}), encoding="utf-8")
    known = await record.look()
    assert known.restored == {"site": done}
    (row,) = told(known, Objectives(), 10, "", {})["restored"]
    assert (row["name"], row["state"], row["count"], len(row["moved"])) == (
        "site", "restored", 25, 20,
    )  # fmt: skip
    assert row["moved"][0] == {"path": "/srv/0", "kept": "/srv/0.m.before"}
    home.files_restored.write_text("{", encoding="utf-8")
    home.backup_ledger.write_text(ledger_written(LEDGER), encoding="utf-8")
    known = await record.look()
    assert known.trouble.startswith("files-restored.json: the record of files")
    assert (known.ledger, known.restored) == (LEDGER, {}), "what else is known stays known"
