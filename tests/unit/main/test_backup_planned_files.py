"""What putting files back would do is found in bounded time, and said in a bounded answer."""

import json
import signal
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest

from vrooli.backup.backups import Backups
from vrooli.backup.files_plan import FilesPlan, Root
from vrooli.main import backup_planned_files
from vrooli.main.backup_planned_files import Looked

FREE = FilesPlan((Root("/srv/site", True, ""), Root("/srv/b", False, "")), "/h/data", 10, 20)
BARRED = FilesPlan((Root("/srv/site", True, "/srv is a link or a file"),), "/h/data", 10, 20)
FULL = FilesPlan((Root("/srv/site", True, ""),), "/h/data", 20_000_000, 10_000_000)


class Differing:
    """Of the restore points that is all that is asked."""

    def __init__(self, plan: FilesPlan, lines: Iterator[str]) -> None:
        self._plan, self._lines = plan, lines

    def differences(self, wanted: str, service: str) -> Iterator[str]:
        """See the protocol."""
        return self._lines

    def plan_files(self, wanted: str, service: str) -> FilesPlan:
        """See the protocol."""
        return self._plan


def _looked(plan: FilesPlan, lines: Iterator[str]) -> dict[str, Any]:
    backups = cast(Backups, Differing(plan, lines))
    return Looked.at(backups, ("point", "site"), 1).to_json()


def test_all_are_counted_and_some_are_shown() -> None:
    long = "x" * 5000
    said = _looked(FREE, iter([f"~ /{number}{long}" for number in range(90)] + ["+ /new", "- /a"]))
    assert said["files"]["differs"] == {"changed": 90, "new": 1, "missing": 1, "unread": 0}
    assert (said["files"]["whole"], len(said["files"]["shown"])) == (True, 40)
    assert len(json.dumps(said)) < 16 * 1024
    assert said["steps"] == [
        "/srv/site is put back; what is there is moved aside, beside it",
        "/srv/b is put back; nothing is there now",
    ]
    assert said["refused"] is None


def test_what_takes_too_long_is_left_and_the_deadline_before_it_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def endless() -> Iterator[str]:
        yield "~ /a"
        while True:
            time.sleep(0.01)

    monkeypatch.setattr(backup_planned_files, "COMPARES", 0.1)
    hears, before = signal.getsignal(signal.SIGALRM), signal.setitimer(signal.ITIMER_REAL, 300.0)
    try:
        said = _looked(FREE, endless())
        left, _ = signal.getitimer(signal.ITIMER_REAL)
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)
    assert (said["files"]["whole"], said["files"]["differs"]["changed"]) == (False, 1)
    assert 0 < left < 300
    assert signal.getsignal(signal.SIGALRM) is hears


def test_what_is_in_the_way_is_why_it_cannot_be_done() -> None:
    barred, full = (_looked(plan, iter(()))["refused"] for plan in (BARRED, FULL))
    assert "/srv/site: nothing can be put there: /srv is a link" in barred["message"]
    assert "--into" in barred["next_step"]
    assert "20.0 MB are needed, 10.0 MB are free" in full["message"]
