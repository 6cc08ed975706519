"""The jobs of a home all of whose stores are another one's end well, and fill no disk."""

import os
from pathlib import Path

import pytest

from vrooli.backup.owning import Owner, adopt
from vrooli.backup.store import Store
from vrooli.core.home import Home
from vrooli.main.backup import StackBackups
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_place import BackupPlace
from vrooli.main.backup_resting import let_go
from vrooli.main.backup_stores import BackupStores
from vrooli.stack.backup_ledger import LetGo
from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.job_launch import JOB
from vrooli.stack.postgres.wal.streams import NOTE, note_written

OTHER = Owner("other", "web2", "shop", 1.0)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home", tmp_path / "run")
    found.root.mkdir()
    BackupPlace(found, {}).keys()
    return found


def _received(home: Home, *sizes: int) -> Path:
    folder = home.root / "wal" / "db" / "77" / "00000001"
    folder.mkdir(parents=True)
    (folder / NOTE).write_text(note_written(1.0, ""), encoding="utf-8")
    (folder / "00000002.history").write_bytes(b"1")
    for number, size in enumerate(sizes):
        path = folder / f"{1:08X}{0:08X}{number:08X}"
        path.touch()
        os.truncate(path, size)  # no room is taken for it
        os.utime(path, (100 + number, 100 + number))
    (folder / f"{1:08X}{0:08X}{len(sizes):08X}.partial").write_bytes(b"w" * 50)
    return folder


def test_a_job_rests_while_every_store_is_another_homes(home: Home) -> None:
    place, job = BackupPlace(home, {}), StackBackups(home, {JOB: "backup"})
    assert not job.resting()
    assert not (home.root / "backups" / "owners").exists(), "who only looks takes no store"
    adopt(Store(BackupStores(home, {}).blobs("here"), place.keys().mac), OTHER)
    said = job.resting()
    assert "here: it belongs to the home of shop on web2" in said
    assert "`vrooli backup store adopt here --yes`" in said
    assert list(BackupBook(home).read().paused) == ["here"], "the check goes on warning"
    _received(home, BackupSettings().wal_room, 100)
    assert "WAL of db from 1970-01-01 00:01:40.000 UTC" in job.resting()
    assert BackupBook(home).read().let_go == {"db": LetGo(100, 100)}
    assert "WAL of db" not in job.resting(), "it is told once"
    assert not StackBackups(home, {}).resting(), "a person gets the error"
    place.spread(lambda _: None).adopt("here")
    assert not job.resting()


def test_wal_that_no_store_takes_is_kept_up_to_a_size(home: Home) -> None:
    folder = _received(home, 100, 100, 100)
    before = sorted(os.listdir(folder))
    assert let_go(home, 300) == {}
    assert let_go(home, 150) == {"db": LetGo(100, 101)}
    assert sorted(os.listdir(folder)) == [before[i] for i in (2, 3, 4, 5)]
    assert let_go(home, 0) == {"db": LetGo(102, 102)}
    assert let_go(Home(home.root / "none", home.run), 0) == {}
