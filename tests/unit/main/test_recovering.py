"""While a stack is made anew: nothing goes to a store; and what is told at its end."""

from pathlib import Path
from typing import cast

import pytest

from tests.unit.backup.made import part_of, point_of, stored
from vrooli.backup.proof import Proof
from vrooli.backup.recovery import Asked, Beginning, Did, Returning, beginning_read, routine_of
from vrooli.backup.recovery_report import report
from vrooli.backup.sealing import new_identity
from vrooli.backup.store import Store
from vrooli.core.errors import ConfigError, Damaged, NotOurs, Refused, UsageError
from vrooli.core.home import Home
from vrooli.host.blob_folder import BlobFolder
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_bringing import Bringing
from vrooli.main.backup_filling import fill
from vrooli.main.backup_place import FILES_LOCK, BackupPlace
from vrooli.main.backup_recover import StackRecovery
from vrooli.main.direct import unwatched_status
from vrooli.main.takeover import check_takeover
from vrooli.stack.backup_settings import BackupSettings, Objectives, StoreSettings
from vrooli.stack.model import Service, Stack

STORES = {name: StoreSettings(name, f"file:///{name}") for name in ("disk", "offsite")}
STACK = Stack(
    "shop",
    {"web": Service("web", "web", "scenario", "scenario", port=3001)},
    backup=BackupSettings(stores=STORES, objectives=Objectives(redis_rpo=60.0)),
)


def _begun() -> Beginning:
    parts = (
        Returning("p2", "redis", "redis", 920.0, 900.0, 10, 10, 1.0),
        Returning("p1", "site", "files", 820.0, 800.0, 10, 10, 1.0, roots=("/srv/site",)),
        Returning("p1", "system", "system", 820.0, 800.0, 10, 10, 1.0),
    )
    return Beginning({"url": "s3://b"}, "shop", "web1", "latest", "", parts, "/v.toml", 1000.0)


def test_nothing_is_written_to_a_store_before_the_stack_is_whole(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path / "run")
    home.recovery.write_text("{}", encoding="ascii")
    place = BackupPlace(home, {})
    with pytest.raises(Refused, match="not whole yet"), place.alone("backup.lock", "a backup"):
        raise AssertionError
    with place.alone(FILES_LOCK, "files"):
        pass
    with pytest.raises(UsageError, match="come up empty"):  # `vrooli up` in the meantime
        check_takeover(None, STACK, home)
    with pytest.raises(ConfigError) as raised:  # before there is a stack to show
        unwatched_status(home, {})
    assert "the same `vrooli recover` again" in raised.value.next_step
    home.recovery.unlink()
    check_takeover(None, STACK, home)
    with place.alone("backup.lock", "a backup"):
        pass


def test_a_key_that_opens_nothing_is_named_with_the_one_that_would(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", tmp_path / "run")
    home.secrets.mkdir(parents=True)
    place = BackupPlace(home, {})
    keys = place.keys()
    Store(BlobFolder(place.folder), keys.mac).share_key(keys.seal)
    asked = Asked(str(place.folder), tmp_path / "key", tmp_path / "vrooli.toml")
    for text, error in ((new_identity(), Damaged), ("-----BEGIN-----", ConfigError)):
        asked.key.touch(mode=0o600)
        asked.key.write_text(text, encoding="ascii")
        with pytest.raises(error) as raised:
            StackRecovery(asked, {}, cast("Bringing", None))
        assert str(asked.key) in str(raised.value)
        assert "`secrets/backup-identity`" in str(raised.value.next_step)


def test_the_record_is_filled_from_the_store_which_is_no_more_ours_for_that(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path / "run")
    home.secrets.mkdir()
    place = BackupPlace(home, {})
    store = Store(BlobFolder(place.folder), place.keys().mac)
    good, bad = (f"2026111{day}t000000z-00000{day}" for day in (1, 2))
    for id in (good, bad):
        store.keep(point_of(part_of(stored(b"x", store, place.keys())), id=id))
    store.keep_proof(Proof(good, 9.0, "verified", ("it starts",), seconds=4.0))
    lines = list[str]()
    fill(place, lines.append)
    first, second = BackupBook(home).read().points
    assert (first.id, first.outcome, first.proved) == (good, "verified", 9.0)
    assert (first.stores, first.checks, first.elsewhere) == (("here",), ("it starts",), True)
    assert (second.id, second.outcome, lines) == (bad, "unverified", [])
    with pytest.raises(NotOurs, match="another home"):
        place.spread(lines.append).ours("here")
    (torn,) = place.folder.rglob(f"{good}.json")
    torn.chmod(0o600)
    torn.write_text("{}", encoding="ascii")
    home.backup_ledger.unlink()
    fill(place, lines.append)
    assert [one.id for one in BackupBook(home).read().points] == [bad]


def test_a_beginning_is_read_as_it_was_written() -> None:
    begun = _begun()
    assert beginning_read(begun.written(), "x") == begun
    for text in ("", "[]", "{}", '{"parts": [{}]}'):
        with pytest.raises(Damaged):
            beginning_read(text, "x")


def test_the_steps_are_those_of_the_parts() -> None:
    body = routine_of(_begun().parts).body
    names = [node.id for node in body.nodes]  # type: ignore[union-attr]  # it is a sequence
    assert names == [
        *("lay", "system", "resources", "restore-redis", "files-site", "everything", "verify")
    ]


def test_what_was_reached_is_compared_with_what_may_be() -> None:
    steps = [("files-site", Did(1.0, ("a is back",), ("b is not back",))), ("verify", Did(2.0))]
    said = report(_begun(), "/home", STACK, steps, 1100.0)
    assert (said["rto_seconds"], said["rto_met"], said["left"]) == (100.0, True, ["b is not back"])
    lost = {one["service"]: (one["rpo_seconds"], one["rpo_met"]) for one in said["parts"]}
    assert lost == {"redis": (100.0, False), "site": (200.0, True), "system": (200.0, True)}
    told = "\n".join(said["next"])
    assert "web 3001" in told
    assert "disk, offsite" in told
    assert "backup copy" in told
