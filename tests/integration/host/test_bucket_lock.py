"""A lock is believed when the removal of a version was refused, and not before."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.support.s3 import ACCESS, S3, SECRET, running_s3
from vrooli.backup.store_check import Look
from vrooli.core.home import Home
from vrooli.host.blob_bucket import Bucket
from vrooli.host.bucket_versions import signed
from vrooli.main.backup_check import Checking, all_well
from vrooli.main.backup_stores import BackupStores
from vrooli.stack.backup_settings import BackupSettings, StoreSettings
from vrooli.stack.compiled import write_compiled
from vrooli.stack.model import Stack

DAY = 86_400.0


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with running_s3() as server:
        for name, days in (("open", 0), ("day", 1), ("month", 30)):
            server.bucket(name, lock_days=days)
        yield server


def checking(
    folder: Path, server: S3, environment: dict[str, str], *stores: StoreSettings
) -> Checking:
    home = Home(folder / "home", folder / "run")
    home.root.mkdir()
    settings = BackupSettings(stores={store.name: store for store in stores})
    stack = Stack.from_json({**asdict(Stack("test", {})), "backup": asdict(settings)})
    write_compiled(stack, home.stack_json)
    return Checking(BackupStores(home, environment), None, time.time())


def store(name: str, server: S3, lock: float, **keys: str) -> StoreSettings:
    keys = {"access_key": "env:A", "secret_key": "env:S", **keys}
    return StoreSettings(name, f"s3://{name}/host", endpoint=server.endpoint, lock=lock, **keys)


def lock_of(looks: list[Look]) -> Look:
    return next(look for look in looks if look.what == "lock")


def test_only_a_refused_removal_counts(tmp_path: Path, server: S3) -> None:
    stores = [store(name, server, 30 * DAY) for name in ("open", "day", "month")]
    check = checking(tmp_path, server, {"A": ACCESS, "S": SECRET}, *stores)
    found = {one.name: check.looks(one.name) for one in stores}
    assert {name: lock_of(looks).ok for name, looks in found.items()} == {
        "open": False,
        "day": False,
        "month": True,
    }
    assert "keeps no versions" in lock_of(found["open"]).said
    assert "1.0 of 30.0 days only" in lock_of(found["day"]).said
    assert "was refused: it is locked until" in lock_of(found["month"]).said
    assert not all_well(found)
    assert all_well({"month": found["month"]}), found["month"]
    assert SECRET not in str(found)


def test_who_writes_need_not_be_able_to_remove(tmp_path: Path, server: S3) -> None:
    may = ["s3:PutObject", "s3:GetObject", "s3:ListBucket"]
    access, secret = server.user("writer", may)
    pruner, word = server.user("pruner", ["s3:*"])
    one = store("month", server, 30 * DAY, prune_access_key="env:PA", prune_secret_key="env:PS")
    environment = {"A": access, "S": secret, "PA": pruner, "PS": word}
    check = checking(tmp_path, server, environment, one)
    server.ask_who()
    try:
        looks = check.looks("month")
    finally:
        server.ask_who(float("inf"))
    assert [look.ok for look in looks] == [True, True, True, None, True], looks
    assert "may not remove" in looks[3].said


def test_a_store_that_is_away_is_told(tmp_path: Path, server: S3) -> None:
    folder = StoreSettings("near", f"file://{tmp_path / 'near'}")
    away = store("open", server, 0.0, access_key="env:NOWHERE")
    check = checking(tmp_path, server, {"S": SECRET}, folder, away)
    assert all_well({"near": check.looks("near")})
    assert [look.ok for look in check.looks("open")] == [False]


def test_signatures_are_those_of_the_documentation() -> None:
    """The example "GET Object" of Amazon's documentation, without its range."""
    bucket = Bucket(
        "examplebucket",
        region="us-east-1",
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    )
    place = ("examplebucket.s3.amazonaws.com", "/")
    headers = signed(bucket, "GET", place, {"lifecycle": ""}, 1369353600.0)
    assert headers["Authorization"].endswith(
        "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    )
