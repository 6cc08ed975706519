"""Archives of a database that is written to hold what it held in one snapshot, and become a cluster
of a newer version.
"""

import json
import os
import signal
from typing import Any

from tests.support.older_postgres import OLDER, fill, holds_all, of, sql, version
from tests.support.stack import LiveStack, said
from tests.support.transfers import Transfers, add_up


def _taken(stack: LiveStack) -> dict[str, Any]:
    ended = stack.run("backup", "run", "--logical", "--deep", "--json")
    assert ended.returncode == 0, said(ended)
    point = dict(json.loads(ended.stdout))
    seen = point["proof"]["facts"]["postgres"]
    assert point["proof"]["outcome"] == "verified", point
    assert seen["same_content"] >= seen["tables"], point
    assert (seen["same_number"], seen["written_meanwhile"], seen["not_compared"]) == (0, 0, 0)
    return point


def test_archives_are_exact_and_become_a_newer_cluster(stack: LiveStack) -> None:
    of(stack, OLDER)
    stack.up()
    fill(stack)
    with Transfers(stack):
        point = _taken(stack)
    assert point["parts"][0]["source"] == "postgres-logical"
    unnamed = stack.run("restore", "--yes")
    assert (unnamed.returncode, "restore POINT" in unnamed.stderr) == (2, True), said(unnamed)
    ended = unnamed
    for _ in range(2):  # the second one knows what the first one has
        ended = stack.run("backup", "run", "--logical", "--no-verify", "--json")
        assert ended.returncode == 0, said(ended)
    again = json.loads(ended.stdout)["parts"][0]
    assert again["facts"]["added"] < again["stored_bytes"] / 2, again
    sql(stack, "DELETE FROM kept WHERE id IN (3, 5)", "SELECT 1")
    _one_table_comes_beside(stack, point["id"])
    of(stack, None)
    stack.up()
    _leaves_nothing_when_it_is_killed(stack, point["id"])
    restored = stack.run("restore", point["id"], "--only", "postgres", "--yes", "--json")
    assert restored.returncode == 0, said(restored)
    told = json.loads(restored.stdout)
    assert (told["rto_seconds"] > 0, "new cluster" in told["note"]) == (True, True), told
    assert version(stack) == 18
    holds_all(stack)
    assert add_up(stack) >= 0
    ours = stack.run("backup", "run", "--no-verify", "--only", "postgres")
    assert ours.returncode == 0, said(ours)
    undone = stack.run("resource", "upgrade", "postgres", "--undo", "--yes")
    assert undone.returncode == 0, said(undone)
    assert (version(stack), sql(stack, "SELECT count(*) FROM kept")) == (16, 4998)


def _one_table_comes_beside(stack: LiveStack, point: str) -> None:
    ended = stack.run("restore", point, "--only", "vrooli.public.kept", "--json")
    assert ended.returncode == 0, said(ended)
    told = json.loads(ended.stdout)
    differ = told["rows_differ"]
    assert (differ["only_rescued"], differ["only_live"], differ["changed"]) == (2, 0, 0), told
    sql(stack, told["undo"], "SELECT 1")


def _leaves_nothing_when_it_is_killed(stack: LiveStack, point: str) -> None:
    data = stack.home / "data"
    (data / "postgres.dump" / "cluster").mkdir(parents=True)  # as a backup leaves it that is killed
    with stack.start("restore", point, "--only", "postgres", "--yes") as restore:
        stack.until((data / "postgres.restore" / "archives").exists, "a cluster is made of them")
        os.killpg(restore.pid, signal.SIGKILL)
        stack.kill("autoheal")

    def folders() -> list[str]:
        return [path.name for path in data.iterdir() if path.is_dir()]

    stack.until(lambda: folders() == ["postgres"], "nothing of it is left")
    stack.until_ok()
    assert sql(stack, "SELECT count(*) FROM kept") == 4998
