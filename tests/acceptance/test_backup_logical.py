"""Archives of a database that is written to hold what it held in one snapshot."""

import json
import subprocess
from typing import Any

from tests.support.older_postgres import NEWER, fill, sql
from tests.support.stack import LiveStack, said
from tests.support.transfers import Transfers


def _taken(stack: LiveStack) -> dict[str, Any]:
    ended = stack.run("backup", "run", "--logical", "--deep", "--json")
    assert ended.returncode == 0, said(ended)
    point = dict(json.loads(ended.stdout))
    seen = point["proof"]["facts"]["postgres"]
    assert point["proof"]["outcome"] == "verified", point
    assert seen["same_content"] >= seen["tables"], point
    assert (seen["same_number"], seen["written_meanwhile"], seen["not_compared"]) == (0, 0, 0)
    return point


def test_archives_are_exact_and_what_did_not_change_is_stored_once(stack: LiveStack) -> None:
    stack.resource("postgres", "postgres")
    stack.write()
    stack.up()
    fill(stack)
    with Transfers(stack):
        point = _taken(stack)
    assert point["parts"][0]["source"] == "postgres-logical"
    refused = stack.run("restore", point["id"], "--yes")
    assert (refused.returncode, "no server starts" in refused.stderr) == (1, True), said(refused)
    none = stack.run("restore", "--yes")
    assert none.returncode == 2, said(none)
    ended = none
    for _ in range(2):  # the second one knows what the first one has
        ended = stack.run("backup", "run", "--logical", "--no-verify", "--json")
        assert ended.returncode == 0, said(ended)
    again = json.loads(ended.stdout)["parts"][0]
    assert again["facts"]["added"] < again["stored_bytes"] / 2, again
    _has_one_table_back(stack)


def _has_one_table_back(stack: LiveStack) -> None:
    into = stack.folder / "into"
    into.mkdir()
    fetched = stack.run("backup", "fetch", "--service", "postgres", "--into", str(into))
    assert fetched.returncode == 0, said(fetched)
    assert "CREATE ROLE reader" in (into / "globals.sql").read_text(encoding="utf-8")
    folder = next(path for path in into.iterdir() if _restored(path, "-l").count("kept") > 0)
    assert _restored(folder, "-a", "-t", "kept", "-f", "-").count("\n") > 5000
    assert sql(stack, "SELECT count(*) FROM kept") == 5000


def _restored(folder: Any, *how: str) -> str:
    program = NEWER / "pg_restore"
    ended = subprocess.run([program, *how, folder], capture_output=True, text=True, check=False)
    return ended.stdout
