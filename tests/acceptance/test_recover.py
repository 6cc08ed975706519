"""A whole stack comes back on an empty machine, from a store and the key alone."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
import zstandard

from tests.support.leftovers import processes_of
from tests.support.older_postgres import fill, holds_all, sql
from tests.support.s3 import ACCESS, S3, SECRET, running_s3
from tests.support.stack import LiveStack, said
from vrooli.backup.sealing import new_identity

KILLS = 4
"""Of one recovery, at random moments."""

RECOVERIES = 25
"""Of the whole campaign."""

VICTIMS = ("vrooli recover", "backup fetch", "postgres", "autoheal", "the machine")


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with running_s3() as server:
        server.bucket("offsite")
        yield server


def lost(stack: LiveStack, server: S3) -> list[str]:
    """A stack that had a point in the bucket, and WAL after it, and of which nothing is left; the
    command that makes it anew.
    """
    stack.resource("postgres", "postgres")
    named = stack.folder / "named"
    named.write_text("a secret of the application", encoding="ascii")
    named.chmod(0o640)
    site = stack.folder / "site"
    site.mkdir()
    (site / "index.html").write_text("hello", encoding="ascii")
    (stack.folder / "etc").mkdir()
    (stack.folder / "etc" / "conf").write_text("conf", encoding="ascii")
    if os.geteuid() == 0:
        for path in (named, site / "index.html"):
            os.chown(path, 54321, 54321)
    stack.add("web", needs=["postgres"], env={"TOKEN": f"file:{named}"})
    stack.environment |= {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}
    prefix = f"offsite/{stack.folder.name}"
    stack.files("site", paths=[str(site), str(stack.folder / "etc" / "conf")])
    stack.backup({"offsite": {"url": f"s3://{prefix}", "endpoint": server.endpoint}})
    stack.write()
    stack.up()
    fill(stack)
    ended = stack.run("backup", "run", "--no-verify")
    assert ended.returncode == 0, said(ended)
    sql(stack, "CREATE TABLE since AS SELECT generate_series(1, 700) AS n", "SELECT 1")
    time.sleep(0.5)  # until it is received
    shipped = stack.run("backup", "ship")
    assert shipped.returncode == 0, said(shipped)
    key = stack.folder / "key"
    exported = stack.run("backup", "key", "export", "--out", str(key))
    assert exported.returncode == 0, said(exported)
    _lose(stack)
    (stack.folder / "etc").rename(stack.folder / "etc.other")
    (stack.folder / "etc.other" / "conf").write_text("of this machine", encoding="ascii")
    (stack.folder / "etc").symlink_to("etc.other")
    store = f"s3://{prefix}"
    return ["recover", "--from", store, "--endpoint", server.endpoint, "--key", str(key)]


def _lose(stack: LiveStack) -> None:
    stack.down()
    shutil.rmtree(stack.home)
    stack.file.unlink()
    (stack.folder / "named").unlink()
    shutil.rmtree(stack.folder / "site")


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_all_is_back_from_the_bucket_and_the_key_whoever_is_killed(
    stack: LiveStack, server: S3, full_campaign: bool
) -> None:
    dice, command = random.Random(20261128), lost(stack, server)
    key = Path(command[-1])
    _is_told_what_is_wrong(stack, command, key)
    _is_planned(stack, command)
    _by_hand(stack, server, key)
    for number in range(RECOVERIES if full_campaign else 1):
        if number:
            _lose(stack)
        killed = [_killed(stack, command, dice) for _ in range(KILLS)]
        done = stack.home / "recovered.json"
        if done.exists():  # the machine may have been killed a moment later
            stack.up()
        else:
            again = stack.run(*command, "--yes")
            what = f"{killed}\n{said(again)}\n{stack.story()}"
            assert (again.returncode, done.exists()) == (1, True), what
            assert SECRET not in said(again)
        _is_whole(stack, json.loads(done.read_text(encoding="utf-8"))["report"])
    refused = stack.run(*command, "--yes")
    assert (refused.returncode, "something already" in refused.stderr) == (2, True), said(refused)
    _is_written_to_by_one_alone(stack)


def _is_written_to_by_one_alone(stack: LiveStack) -> None:
    """The machine that was lost may come back."""
    refused = stack.run("backup", "run", "--no-verify", "--only", "system")
    assert (refused.returncode, "store adopt" in refused.stderr) == (1, True), said(refused)
    record = json.loads((stack.home / "backup-ledger.json").read_text(encoding="utf-8"))
    assert "belongs to the home of test" in record["paused"]["offsite"]
    there = record["points"][0]
    assert (there["elsewhere"], there["stores"]) == (True, ["offsite"]), record
    assert stack.run("backup", "store", "adopt", "offsite", "--yes").returncode == 0
    taken = stack.run("backup", "run", "--no-verify", "--only", "system")
    assert (taken.returncode, "it is in offsite (s3:" in taken.stderr) == (0, True), said(taken)


def _is_planned(stack: LiveStack, command: list[str]) -> None:
    looked = stack.run(*command, "--dry-run", "--json")
    assert looked.returncode == 0, said(looked)
    told = json.loads(looked.stdout)
    parts = {one["service"]: one for one in told["parts"]}
    assert list(parts) == ["postgres", "site", "system"]
    assert parts["postgres"]["files"] > 0
    assert parts["postgres"]["since"] > parts["site"]["since"]
    (why,) = told["missing"]
    assert f"{stack.folder}/etc/conf cannot be put back" in why
    assert not stack.home.exists()
    early = stack.run(*command, "--to", "2001-01-01", "--dry-run")
    assert (early.returncode, "no restore point here" in early.stderr) == (2, True), said(early)


def _is_whole(stack: LiveStack, report: dict[str, Any]) -> None:
    stack.until_ok()
    holds_all(stack)
    assert sql(stack, "SELECT count(*) FROM since") == 700
    assert stack.pid("web")
    (left,) = report["left"]
    assert "etc/conf" in left
    assert (stack.folder / "site" / "index.html").read_text(encoding="ascii") == "hello"
    assert not [*stack.folder.glob("site.*")]
    if os.geteuid() == 0:
        for path in (stack.folder / "named", stack.folder / "site" / "index.html"):
            assert path.stat().st_uid == 54321, path
        assert (stack.folder / "named").stat().st_mode & 0o777 == 0o640
    steps = [one["step"] for one in report["steps"]]
    assert steps[-2:] == ["everything", "verify"], steps
    assert report["rto_met"]
    places = (stack.home, stack.home / "secrets", stack.home / "data")
    left_over = [path.name for place in places for path in place.glob("*recovery*")]
    assert not left_over, left_over
    assert not [*(stack.home / "data").glob("*.planting")]


def _killed(stack: LiveStack, command: list[str], dice: random.Random) -> str:
    """What was killed when, and how the command ended."""
    victim, after = dice.choice(VICTIMS), dice.uniform(0.5, 3.0)
    with stack.start(*command, "--yes") as run:
        try:
            told = run.communicate(timeout=after)[0]
        except subprocess.TimeoutExpired:
            if victim in ("vrooli recover", "the machine"):
                os.killpg(run.pid, signal.SIGKILL)
            for pid, line in processes_of(stack.home).items():
                if (
                    victim in line
                    or victim == "the machine"
                    or (pid == int(stack.service(victim).get("pid") or 0))
                ):
                    _kill(pid)
            told = run.communicate(timeout=300)[0]
        assert "Traceback" not in told, told
        return f"{victim} after {after:.2f} s: {run.returncode}, {told[-300:]}"


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


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
