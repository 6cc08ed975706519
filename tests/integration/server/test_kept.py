"""Large outputs and files of runs, by the typed client of a real server."""

import secrets
from typing import Any

import pytest

from tests.support.postgres import Postgres
from tests.support.runs import run_of
from tests.support.server import Server
from vrooli.client.work import WorkClient
from vrooli.core.errors import UsageError, VrooliError
from vrooli.execution.artifacts import LARGE

LONG = "${inputs.text}${inputs.text}${inputs.text}"


def write(path: str, text: str) -> dict[str, Any]:
    """A step that writes a file."""
    tool = {"name": "write_file", "arguments": {"path": path, "text": text}}
    return {"step": f"w{secrets.token_hex(4)}", "tool": tool}


def test_a_large_output_is_stored_once_and_seen_through_everywhere(
    served: Server, client: WorkClient, cluster: Postgres
) -> None:
    text = secrets.token_hex(8) * (LARGE // 16)
    run = run_of(
        client,
        {"step": "one", "value": {"text": LONG}},
        {"step": "two", "value": {"text": LONG}},
        {"step": "size", "value": {"n": "${size(steps.one.text)}"}},
        given={"text": text},
        output="${steps.two}",
    )
    assert run["output"] == {"text": text * 3}
    one, two, size = client.steps(run["id"])
    assert one["output"] == two["output"] == {"text": text * 3}
    assert size["output"] == {"n": len(text) * 3}
    assert one["artifact"] == two["artifact"]
    assert one["artifact"]["bytes"] == len(text) * 3 + len('{"text":""}')
    (row, *_) = served.get(f"/api/v1/runs/{run['id']}/steps").json()["steps"]
    assert row["output"] is None
    database = served.env["DATABASE_URL"].rpartition("/")[2]
    kept = "SELECT packed, length(content) < bytes / 10 FROM artifacts WHERE sha256 = '{}'"
    assert cluster.sql(kept.format(one["artifact"]["sha256"]), database) == "t|t"


def test_an_artifact_is_seen_only_through_a_run_that_has_it(client: WorkClient) -> None:
    text = secrets.token_hex(8) * (LARGE // 8)
    run = run_of(client, {"step": "one", "value": {"text": "${inputs.text}"}}, given={"text": text})
    other = run_of(client, {"step": "one", "value": {}})
    sha256 = run["artifact"]["sha256"]
    assert client.artifact(run["id"], sha256) == {"text": text}
    for wrong in (other["id"], "nosuch"):
        with pytest.raises(UsageError, match=r"there is no run|has no such artifact"):
            client.artifact(wrong, sha256)


def test_an_output_that_looks_like_a_reference_is_none(client: WorkClient) -> None:
    fake = {"$artifact": {"sha256": "0" * 64, "bytes": 1}}
    run = run_of(client, {"step": "one", "value": fake})
    assert run["output"] == fake
    assert client.steps(run["id"])[0]["output"] == fake


def test_files_are_listed_and_read(client: WorkClient) -> None:
    run = run_of(client, write("notes/a b.md", "# ä"), write("x.txt", "x"))["id"]
    assert [(one["path"], one["bytes"]) for one in client.files(run)] == [
        ("notes/a b.md", 4),
        ("x.txt", 1),
    ]
    assert client.file(run, "notes/a b.md") == "# ä".encode()
    assert client.files(run_of(client, {"step": "one", "value": {}})["id"]) == []


@pytest.mark.parametrize(
    "path", ["nosuch", "../x", "..%2f..%2fsecrets%2foperator.token", "/etc/passwd", "notes"]
)
def test_no_path_leads_out(served: Server, client: WorkClient, path: str) -> None:
    run = run_of(client, write("notes/x.md", "x"))["id"]
    with pytest.raises(VrooliError):
        client.file(run, path)
    assert served.get(f"/api/v1/runs/{run}/files/{path}").status_code in (400, 404)


def test_why_and_effects_are_told_over_the_wire(client: WorkClient) -> None:
    run = run_of(client, {"step": "one", "value": {}})["id"]
    said = client.why(run)
    assert (said["code"], said["moving"]) == ("ended", False)
    assert client.why(run, "one")["step"] == "one"
    assert client.effects(limit=1) == {"effects": [], "next_cursor": None}
    assert client.effects_of(run) == {"undecided": [], "decided": []}
    with pytest.raises(VrooliError, match="waits for no decision"):
        client.decide_effect(run, "one", "done", {"x": 1}, "I looked")
    with pytest.raises(UsageError):
        client.decide_effect(run, "one", "maybe", None, "I looked")


def test_the_tools_are_listed_with_what_they_take(client: WorkClient) -> None:
    found = {tool["name"]: tool for tool in client.tools()}
    assert found["read_file"]["repeatable"]
    assert "path" in found["write_file"]["arguments"]["properties"]
