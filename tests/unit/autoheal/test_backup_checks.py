"""Which checks of backups a stack has."""

from dataclasses import replace

from vrooli.autoheal.catalogue import InstalledChecks, all_checks, checks_of
from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.backup_standing import gap_of
from vrooli.stack.model import CheckSettings, Stack

OURS = ("backup-freshness", "backup-store", "backup-drill")
OTHERS = CheckSettings("backup-freshness", options={"path": "/b"})
STACK = Stack("test", {})
DECLARED = replace(STACK, backup=BackupSettings(enabled=True))


def _absent(stack: Stack) -> dict[str, str]:
    found = checks_of(stack, all_checks())
    return {
        id: item.absent
        for id, item in found.items()
        if id.startswith("backup-") and id != "backup-wal"
    }


def test_without_backups_there_is_nothing_to_look_at() -> None:
    absent = _absent(STACK)
    assert set(absent) == set(OURS)
    assert all("write [backup]" in why for why in absent.values())


def test_while_backups_are_declared_they_look() -> None:
    absent = _absent(DECLARED)
    assert (absent["backup-freshness"], absent["backup-store"]) == ("", "")
    quiet = replace(DECLARED, backup=BackupSettings(enabled=True, drill=""))
    assert "no drill is planned" in _absent(quiet)["backup-drill"]
    off = replace(DECLARED, checks={"backup-store": CheckSettings("backup-store", enabled=False)})
    assert _absent(off)["backup-store"] == "enabled = false"


def test_backups_of_another_program_are_looked_at_in_any_case() -> None:
    under_its_name = replace(STACK, checks={"backup-freshness": OTHERS})
    assert _absent(under_its_name)["backup-freshness"] == ""
    both = replace(DECLARED, checks={"backup-freshness-dump": OTHERS})
    absent = _absent(both)
    assert (absent["backup-freshness"], absent["backup-freshness-dump"]) == ("", "")
    assert "backup-freshness" in InstalledChecks().kinds()
    assert "backup-freshness" in InstalledChecks().names()


def test_the_longest_time_between_two_points_is_that_of_the_best_schedule() -> None:
    now = 1_795_000_000.0
    assert gap_of(("0 2 * * *",), now) == 86_400.0
    assert gap_of(("0 2 * * *", "0 */6 * * *", ""), now) == 6 * 3600.0
    assert gap_of(("0 2 * * 1-5",), now) == 3 * 86_400.0
    assert gap_of(("",), now) == 0.0
