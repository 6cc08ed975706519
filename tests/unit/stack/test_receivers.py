"""Each PostgreSQL that the stack runs gets a receiver of its WAL, while [backup] wants it."""

from dataclasses import replace

from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.compile_wal import with_receivers
from vrooli.stack.model import Service

DATABASE = Service("db", "db", "resource", "postgres", port=15432, user="pg", options={})
ELSEWHERE = replace(DATABASE, name="far", group="far", runtime="external")
BOTH = {"db": DATABASE, "far": ELSEWHERE}
WANTED = BackupSettings(enabled=True, wal_room=512 * 1024 * 1024)


def test_a_receiver_runs_as_its_server_does_and_nobody_needs_it() -> None:
    found = with_receivers(BOTH, WANTED)
    receiver = found["wal-db"]
    assert (receiver.needs, receiver.critical, receiver.user) == (("db",), False, "pg")
    assert found["db"].options["settings"] == {"max_slot_wal_keep_size": "512MB"}
    assert list(found) == ["db", "far", "wal-db"]
    assert found["far"] is ELSEWHERE


def test_without_backup_there_is_none() -> None:
    for settings in (BackupSettings(), replace(WANTED, wal=False)):
        assert with_receivers(BOTH, settings) == BOTH


def test_what_the_file_says_of_a_setting_counts() -> None:
    wanted = replace(WANTED, synchronous=True)
    found = with_receivers({"db": DATABASE}, wanted)
    assert found["db"].options["settings"]["synchronous_standby_names"] == "vrooli_wal"
    assert found["wal-db"].options["synchronous"] is True
    own = {"synchronous_standby_names": "replica", "max_slot_wal_keep_size": "9GB"}
    found = with_receivers({"db": replace(DATABASE, options={"settings": own})}, wanted)
    assert found["db"].options["settings"] == own
    assert found["wal-db"].options["synchronous"] is False
