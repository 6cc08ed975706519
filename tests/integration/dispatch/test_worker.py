"""`vrooli worker` beside a server that works on nothing itself, each a process of its own."""

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import Postgres
from tests.support.server import Server, server_process
from tests.support.tiny_server import Asked, reply, serving
from tests.support.waiting import eventually, wait_for
from tests.support.workers import DEADLINE, worker_process

ENDED = ("completed", "failed", "cancelled")


@pytest.fixture(scope="module")
def served(cluster: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all tests of this file."""
    dsn = cluster.create_database("worked")
    home = tmp_path_factory.mktemp("home")
    with server_process(home, dsn, VROOLI_SLOTS="0") as server:
        server.wait("/health")
        yield server


@pytest.fixture
def dsn(served: Server) -> str:
    return served.env["DATABASE_URL"]


def begin(served: Server, routine: dict[str, Any]) -> str:
    """A new run of it."""
    answer = served.post("/api/v1/routines", json=routine)
    assert answer.status_code == 200, answer.text
    answer = served.post("/api/v1/runs", json={"routine": routine["name"]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def run_of(served: Server, run: str) -> dict[str, Any]:
    found: dict[str, Any] = served.get(f"/api/v1/runs/{run}").json()
    return found


def ended(served: Server, run: str) -> dict[str, Any]:
    """When it has ended."""
    wait_for(lambda: run_of(served, run)["status"] in ENDED, f"the end of {run}")
    return run_of(served, run)


def counting(name: str, queue: str, count: int) -> dict[str, Any]:
    over = list(range(count))
    do = [{"step": "pause", "wait": {"seconds": 0.02}}, {"step": "one", "value": {"n": "${item}"}}]
    each = {"map": "each", "over": over, "at_most": 1, "do": do}
    return {"name": name, "queue": queue, "do": [each], "output": "${steps.each.size()}"}


def test_workers_do_what_their_queues_hold_and_one_goes_on_after_kill_9_of_another(
    served: Server, dsn: str, cluster: Postgres, tmp_path: Path
) -> None:
    run = begin(served, counting("many", "gpu", 100))
    other = begin(served, counting("plain", "default", 1))
    path = f"/api/v1/runs/{run}/events"
    with (
        worker_process(tmp_path / "a", dsn, "--queues", "gpu", "--slots", "3") as one,
        worker_process(tmp_path / "b", dsn, VROOLI_QUEUES="another, gpu") as two,
    ):
        wait_for(lambda: len(served.get(path).json()["events"]) > 20, "it is under way")
        pid = int(run_of(served, run)["owner"].split(":")[1])
        (one if one.process.pid == pid else two).kill()
        # Its lease ends at once: that it does so by itself is seen elsewhere.
        cluster.sql(f"UPDATE runs SET lease_until = '-infinity' WHERE id = '{run}'", "worked")
        found = ended(served, run)
        assert (found["status"], found["output"]) == ("completed", 100)
        assert run_of(served, other)["status"] == "pending"
    numbers: list[int] = []
    paths: list[str] = []
    while page := served.get(path, params={"after": len(numbers), "limit": 1000}).json()["events"]:
        numbers += [event["seq"] for event in page]
        paths += [event["path"] for event in page if event["kind"] == "step.completed"]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(paths) == len(set(paths)) == 200


@pytest.mark.parametrize("leaving_is", ["worker", "server"])
async def test_sigterm_lets_a_request_end_that_must_not_be_sent_twice(
    served: Server, dsn: str, tmp_path: Path, leaving_is: str
) -> None:
    asked: list[Asked] = []
    may_answer = asyncio.Event()

    async def answer(request: Asked, writer: asyncio.StreamWriter) -> None:
        asked.append(request)
        await may_answer.wait()
        await reply(writer, 200, {})

    async def is_asked() -> bool:
        return bool(asked)

    def drains(log: Path) -> bool:
        text = log.read_text(encoding="utf-8")
        return '"draining"' in text or "Shutting down" in text

    async with serving(answer) as address:
        post = {"url": f"http://{address}/", "method": "POST"}
        do = [{"step": "once", "http": post}, {"step": "after", "value": {}}]
        run = await asyncio.to_thread(begin, served, {"name": "post", "queue": "gpu", "do": do})
        with one_that_leaves(leaving_is, tmp_path, dsn) as (process, log):
            await eventually(is_asked, "the request has come")
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(wait_for, lambda: drains(log), "it drains")
            with worker_process(tmp_path / "b", dsn, "--queues", "gpu"):
                may_answer.set()
                assert (await asyncio.to_thread(ended, served, run))["status"] == "completed"
            assert await asyncio.to_thread(process.wait, DEADLINE) == 0
    assert len(asked) == 1
    text = log.read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert "cut off" not in text


@contextmanager
def one_that_leaves(
    kind: str, folder: Path, dsn: str
) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    """A worker or a server that serves the queue, and its log."""
    if kind == "worker":
        with worker_process(folder / "a", dsn, "--queues", "gpu") as worker:
            yield worker.process, worker.file
        return
    with server_process(folder, dsn, VROOLI_QUEUES="gpu") as server:
        assert server.process is not None
        yield server.process, folder / "server.log"


def test_schedules_over_http(served: Server) -> None:
    assert served.post("/api/v1/routines", json=counting("timed", "gpu", 1)).status_code == 200
    new = {"name": "nightly", "routine": "timed", "schedule": "30 3 * * *", "timezone": "UTC"}
    made = served.post("/api/v1/schedules", json=new)
    assert made.status_code == 201, made.text
    assert made.json()["next_due"] % 86_400 == 3.5 * 3600
    assert served.get("/api/v1/schedules").json()["schedules"] == [made.json()]
    path = "/api/v1/schedules/nightly"
    assert served.post(f"{path}/disable").json()["next_due"] is None
    assert served.post(f"{path}/enable").json()["enabled"] is True
    assert served.post("/api/v1/schedules", json=new).status_code == 409
    for wrong in ({"schedule": "daily"}, {"timezone": "Mars/Base"}):
        refused = served.post("/api/v1/schedules", json={**new, "name": "b", **wrong})
        assert refused.status_code == 400
    assert served.post("/api/v1/schedules", json={**new, "name": "B"}).status_code == 422
    assert served.delete(path).json()["name"] == "nightly"
    assert served.get(path).status_code == 404
