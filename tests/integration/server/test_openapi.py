"""The server keeps to its own OpenAPI, whatever it is asked: schemathesis asks it all that the
schema allows, and much that it does not.
"""

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.support.runs import run_of
from tests.support.server import Server
from tests.support.waiting import wait_for
from vrooli.client.work import WorkClient
from vrooli.execution.artifacts import LARGE

# `positive_data_acceptance` is left out: what is right by its schema may be wrong by its meaning,
# as a routine that uses a step before it is there, or a cursor that nobody gave out.
CONFIG = """
seed = 1
continue-on-failure = true
headers = { Authorization = "Bearer ${TOKEN}" }
generation.max-examples = 6
generation.database = "none"
parameters."path.run" = { dictionary = "runs", probability = 0.6 }
parameters."query.run" = { dictionary = "runs", probability = 0.6 }
parameters."path.name" = { dictionary = "names", probability = 0.5 }
parameters."path.approval" = { dictionary = "approvals", probability = 0.5 }
parameters."path.path" = { dictionary = "files", probability = 0.5 }
parameters."path.sha256" = { dictionary = "artifacts", probability = 0.5 }
parameters."query.wait" = 0

[dictionaries]
runs.values = RUNS
names.values = NAMES
approvals.values = APPROVALS
files.values = ["a/report.md", "a", "../x", "nosuch"]
artifacts.values = ARTIFACTS

[phases.examples]
enabled = false

[phases.stateful]
enabled = false

[checks.positive_data_acceptance]
enabled = false

[[operations]]
include-path = "/debug/heap-dump"
phases.coverage.enabled = false
generation.max-examples = 2

# Headers that it does not know are passed over, as by any server.
[[operations]]
include-path = "/api/v1/runs/{run}/events"
generation.allow-extra-parameters = false
"""


def asked(served: Server, folder: Path, config: str) -> tuple[int, str, dict[str, Any]]:
    """How schemathesis ended, what it said, and its report."""
    (folder / "schemathesis.toml").write_text(config, encoding="utf-8")
    report = folder / "report.json"
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{served.url}/openapi.json"]
    command += ["--report", "json", "--report-json-path", str(report)]
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "TOKEN": served.token, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    said = ended.stdout + ended.stderr
    return ended.returncode, said, json.loads(report.read_text(encoding="utf-8"))


def asking(client: WorkClient) -> dict[str, Any]:
    """What a run waits for."""
    question = {"step": "asks", "approval": {"message": "may it?", "what": {"x": 1}}}
    client.put_routine({"name": "asks", "do": [question]})
    run = client.start("asks", {})["id"]
    found: list[dict[str, Any]] = wait_for(
        lambda: client.approvals(run=run)["approvals"], f"the question of {run}"
    )
    return found[0]


def scheduled(client: WorkClient, routine: str) -> list[str]:
    """Several, as some are removed."""
    names = [f"s{n}" for n in range(4)]
    for name in names:
        client.add_schedule({"name": name, "routine": routine, "schedule": "every 6h"})
    return names


def test_the_server_keeps_to_its_openapi(
    served: Server, client: WorkClient, tmp_path: Path
) -> None:
    file = {"name": "write_file", "arguments": {"path": "a/report.md", "text": "# x"}}
    large = {"text": secrets.token_hex(LARGE)}
    good = run_of(client, {"step": "w", "tool": file}, {"step": "one", "value": large})
    bad = run_of(client, {"step": "one", "value": {"x": "${1 / 0}"}})
    approval = asking(client)
    names = [good["routine"], bad["routine"], *scheduled(client, good["routine"])]
    config = (
        CONFIG.replace("NAMES", json.dumps(names))
        .replace("RUNS", json.dumps([good["id"], bad["id"], approval["run"], "nosuch"]))
        .replace("APPROVALS", json.dumps([approval["id"], "nosuch"]))
        .replace("ARTIFACTS", json.dumps([good["artifact"]["sha256"], "0" * 64]))
    )
    code, said, report = asked(served, tmp_path, config)
    assert code == 0, said[-20_000:]
    schema = served.get("/openapi.json").json()
    operations = sum(len(methods) for methods in schema["paths"].values())
    assert report["operations"]["tested"] == operations > 20
    assert report["test_cases"]["generated"] > 10 * operations
    assert "Traceback" not in served.log


def test_what_is_told_of_a_path_names_all_its_methods(served: Server) -> None:
    answer = httpx.put(f"{served.url}/api/v1/runs", headers=served.headers, timeout=30)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"


def test_a_character_that_cannot_be_stored_is_the_callers_mistake(served: Server) -> None:
    assert served.get("/api/v1/runs/a%00b").status_code == 422
    assert served.get("/api/v1/schedules/a%00b").status_code == 422
    assert served.get("/api/v1/routines/a%00b").status_code == 422


def test_what_is_told_of_a_long_path_is_no_broken_reference(served: Server) -> None:
    for before in ("", "a", "aa"):
        instance = served.get(f"/api/v1/runs/{before}{'%20' * 300}").json()["instance"]
        assert 509 < len(instance) <= 512
        assert re.fullmatch(r"(?:[^%]|%[0-9A-F]{2})+", instance)


def test_whoever_reads_the_detail_alone_knows_which_parameter_is_wrong(
    served: Server,
) -> None:
    answer = served.get("/api/v1/runs?status=bogus")
    assert answer.status_code == 422
    assert "query.status: Input should be" in answer.json()["detail"]
