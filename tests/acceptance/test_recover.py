"""A whole stack comes back on an empty machine, from a store and the key alone."""

import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest
import zstandard

from tests.support.older_postgres import fill, holds_all, sql
from tests.support.s3 import ACCESS, S3, SECRET, running_s3
from tests.support.stack import LiveStack, said
from tests.support.waiting import wait_for
from vrooli.backup.keys import keys_of
from vrooli.backup.point import Part
from vrooli.backup.sealing import Opener, new_identity
from vrooli.backup.store import Store, opened
from vrooli.backup.streams import write
from vrooli.host.blob_bucket import BlobBucket, Bucket
from vrooli.stack.backing import TREE


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with running_s3() as server:
        server.bucket("offsite")
        yield server


def lost(stack: LiveStack, server: S3) -> tuple[Path, str]:
    """A stack that had a point in the bucket, and of which nothing is left; the key, the store."""
    stack.resource("postgres", "postgres")
    named = stack.folder / "named"
    named.write_text("a secret of the application", encoding="ascii")
    named.chmod(0o600)
    stack.add("web", needs=["postgres"], env={"TOKEN": f"file:{named}"})
    stack.environment |= {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}
    prefix = f"offsite/{stack.folder.name}"
    stack.backup({"offsite": {"url": f"s3://{prefix}", "endpoint": server.endpoint}})
    stack.write()
    stack.up()
    fill(stack)
    ended = stack.run("backup", "run")
    assert ended.returncode == 0, said(ended)
    key = stack.folder / "key"
    exported = stack.run("backup", "key", "export", "--out", str(key))
    assert exported.returncode == 0, said(exported)
    name = stack.folder.name
    bucket = Bucket("offsite", name, server.endpoint, "us-east-1", ACCESS, SECRET)
    with_system(BlobBucket(bucket), key, stack)
    stack.down()
    shutil.rmtree(stack.home)
    stack.file.unlink()
    (stack.folder / "named").unlink()
    return key, f"s3://{prefix}"


def with_system(blobs: BlobBucket, key: Path, stack: LiveStack) -> None:
    """Have the newest point hold the stack file and the secrets."""
    identity = key.read_text(encoding="ascii").splitlines()[-1]
    store: Store = opened(blobs, Opener((identity,)))
    if any(part.source == "system" for part in store.point("latest").parts):
        return
    keys = keys_of(identity, store.key.decode())
    held, point = io.BytesIO(), store.point("latest")
    about = {"home": str(stack.home), "file": str(stack.file)}
    (stack.folder / "system.json").write_text(json.dumps(about), encoding="utf-8")
    with tarfile.open(fileobj=held, mode="w") as tar:
        tar.add(stack.folder / "system.json", "system.json")
        for path in (stack.file, stack.home / "secrets", stack.folder / "named"):
            tar.add(path, f"files{path}")
    held.seek(0)
    stored = write(held, store, keys.seal, 1, lambda _: None)  # type: ignore[arg-type]  # it can
    part = Part("system", "system", TREE, stored.plain, stored.digest, tuple(stored.packs))
    blobs.delete(f"points/{point.id}.json")
    store.keep(replace(point, parts=(*point.parts, part)))


def test_all_rows_are_back_from_the_bucket_and_the_key(stack: LiveStack, server: S3) -> None:
    key, store = lost(stack, server)
    command = ["recover", "--from", store, "--endpoint", server.endpoint, "--key", str(key)]
    _is_told_what_is_wrong(stack, command, key)
    looked = stack.run(*command, "--dry-run", "--json")
    assert looked.returncode == 0, said(looked)
    told = json.loads(looked.stdout)
    assert (told["services"], told["missing"], told["again"]) == (["postgres"], [], False)
    assert not stack.home.exists()
    _by_hand(stack, server, key)
    _killed_in_the_middle(stack, command)
    again = stack.run(*command, "--yes", "--json")
    assert again.returncode == 0, said(again)
    assert SECRET not in said(again)
    stack.until_ok()
    holds_all(stack)
    assert stack.pid("web")
    places = (stack.home, stack.home / "secrets")
    left = [path.name for place in places for path in place.glob("*recover*")]
    assert not left, left
    refused = stack.run(*command, "--yes")
    assert (refused.returncode, "something already" in refused.stderr) == (2, True), said(refused)
    sql(stack, "SELECT 1")
    _is_written_to_by_one_alone(stack)


def _is_written_to_by_one_alone(stack: LiveStack) -> None:
    """The machine that was lost may come back."""
    refused = stack.run("backup", "run", "--no-verify")
    assert (refused.returncode, "store adopt" in refused.stderr) == (1, True), said(refused)
    record = json.loads((stack.home / "backup-ledger.json").read_text(encoding="utf-8"))
    assert "belongs to the home of test" in record["paused"]["offsite"]
    assert stack.run("backup", "store", "adopt", "offsite", "--yes").returncode == 0
    taken = stack.run("backup", "run", "--no-verify")
    assert (taken.returncode, "it is in offsite (s3:" in taken.stderr) == (0, True), said(taken)


def _is_told_what_is_wrong(stack: LiveStack, command: list[str], key: Path) -> None:
    other = stack.folder / "other"
    other.write_text(new_identity(), encoding="ascii")
    other.chmod(0o600)
    for name, words in (("other", "cannot be opened"), ("nothing", "no such key file")):
        wrong = [*command[:-1], str(stack.folder / name), "--yes"]
        ended = stack.run(*wrong)
        assert ended.returncode in (1, 2), said(ended)
        assert words in ended.stderr, said(ended)
    elsewhere = ["recover", "--from", str(stack.folder), "--key", str(key), "--yes"]
    ended = stack.run(*elsewhere)
    assert (ended.returncode, "no restore points here" in ended.stderr) == (2, True), said(ended)
    asked = stack.run(*command)
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True), said(asked)
    assert not stack.home.exists()


def _by_hand(stack: LiveStack, server: S3, key: Path) -> None:
    """As the page about the format says, with what is installed: of `age` there is a twin."""
    client, folder = server.client(), stack.folder / "by-hand"
    folder.mkdir()
    names = [name for name in server.names("offsite") if name.startswith(stack.folder.name)]
    for name in names:
        path = folder / name.partition("/")[2]
        path.parent.mkdir(parents=True, exist_ok=True)
        client.download_file("offsite", name, str(path))
    point = json.loads(next((folder / "points").iterdir()).read_bytes())
    part = next(part for part in point["parts"] if part["service"] == "postgres")
    tar = b""
    for name in (pack["name"] for pack in part["packs"]):
        opened_one = _age(folder / "packs" / name[:2] / name, key)
        tar += subprocess.run(
            ["zstd", "-d"], input=opened_one, capture_output=True, check=True
        ).stdout
    held = folder / "data"
    held.mkdir()
    subprocess.run(["tar", "-x", "-C", str(held)], input=tar, check=True)
    assert (held / "PG_VERSION").read_text(encoding="ascii").strip() == "18"
    assert (held / "global" / "pg_control").stat().st_size == 8192


def _age(pack: Path, key: Path) -> bytes:
    if program := shutil.which("age"):
        command = [program, "-d", "-i", str(key), str(pack)]
        return subprocess.run(command, capture_output=True, check=True).stdout
    text = key.read_text(encoding="ascii").splitlines()[-1]
    identity = pyrage.x25519.Identity.from_str(text)
    return bytes(pyrage.decrypt(pack.read_bytes(), [identity]))


def _zstd(frame: bytes) -> bytes:
    if program := shutil.which("zstd"):
        done = subprocess.run([program, "-d"], input=frame, capture_output=True, check=True)
        return done.stdout
    return zstandard.ZstdDecompressor().decompress(frame)


def _killed_in_the_middle(stack: LiveStack, command: list[str]) -> None:
    log = stack.folder / "recover.log"
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [*stack.command(*command), "--yes"],
            cwd=stack.folder,
            env=stack.environment,
            stdout=out,
            stderr=out,
        )
        wait_for(
            lambda: "restore postgres" in log.read_text(encoding="utf-8") or process.poll(),
            "it restores",
            120.0,
        )
        assert process.poll() is None, log.read_text(encoding="utf-8")
        process.kill()
        process.wait()
