"""`/api/v1/routines` and `/api/v1/runs` on a real PostgreSQL."""

import secrets
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.postgres import Postgres
from tests.support.server import Server, server_process
from tests.support.waiting import wait_for
from tests.support.work import with_tables

ROUTINES, RUNS = "/api/v1/routines", "/api/v1/runs"
ENDED = ("completed", "failed", "cancelled")


def counting(name: str) -> dict[str, Any]:
    """A routine that hands on numbers, one after the other."""
    return {
        "name": name,
        "inputs": {
            "type": "object",
            "required": ["numbers"],
            "properties": {"numbers": {"type": "array"}},
        },
        "do": [
            {
                "map": "each",
                "over": "${inputs.numbers}",
                "at_most": 1,
                "do": [{"step": "one", "value": {"n": "${item}"}}],
            }
        ],
        "output": "${steps.each.map(one, one.n)}",
    }


@pytest.fixture
def routine(served: Server) -> str:
    """A stored routine of the test's own."""
    name = f"count-{secrets.token_hex(4)}"
    answer = served.post(ROUTINES, json=counting(name))
    assert answer.status_code == 200, answer.text
    assert answer.json()["changed"] is True
    return name


def start(served: Server, routine: str, numbers: list[int], **headers: str) -> dict[str, Any]:
    """A new run."""
    body = {"routine": routine, "inputs": {"numbers": numbers}}
    headers = {**served.headers, **headers}
    answer = httpx.post(served.url + RUNS, json=body, headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ended(served: Server, run: str) -> dict[str, Any]:
    """The run when it has ended."""
    found: dict[str, Any] = {}

    def look() -> bool:
        found.update(served.get(f"{RUNS}/{run}").json())
        return found["status"] in ENDED

    wait_for(look, f"the end of {run}")
    return found


def events(served: Server, run: str, **query: Any) -> list[dict[str, Any]]:
    """What happened in it."""
    found: list[dict[str, Any]] = served.get(f"{RUNS}/{run}/events", params=query).json()["events"]
    return found


def until_begun(server: Server, run: str, count: int) -> None:
    """Until so much has happened in it."""
    wait_for(lambda: len(events(server, run, limit=count)) == count, "the first steps")


def test_a_run_comes_to_what_its_routine_says(served: Server, routine: str) -> None:
    run = ended(served, start(served, routine, [1, 2, 3])["id"])
    assert (run["status"], run["output"], run["failure"]) == ("completed", [1, 2, 3], None)
    steps = served.get(f"{RUNS}/{run['id']}/steps").json()["steps"]
    assert [step["path"] for step in steps] == ["each[0].one", "each[1].one", "each[2].one"]
    assert {step["status"] for step in steps} == {"completed"}
    assert [step["output"]["n"] for step in steps] == [1, 2, 3]


def test_its_events_have_every_number_once_and_can_be_taken_up_anywhere(
    served: Server, routine: str
) -> None:
    run = ended(served, start(served, routine, [1, 2, 3])["id"])["id"]
    found = events(served, run)
    assert [event["seq"] for event in found] == [1, 2, 3, 4, 5]
    kinds = [event["kind"] for event in found]
    assert kinds == ["run.created", *["step.completed"] * 3, "run.completed"]
    assert events(served, run, after=3) == found[3:]
    assert events(served, run, after=5) == []


def test_who_waits_for_news_gets_them_as_they_come(served: Server, routine: str) -> None:
    run = start(served, routine, list(range(300)))["id"]
    seen: list[int] = []
    while not seen or events(served, run, after=seen[-1], limit=1):
        after = seen[-1] if seen else 0
        seen += [event["seq"] for event in events(served, run, after=after, wait=10)]
        if len(seen) == 302:
            break
    assert seen == list(range(1, 303))


def test_a_routine_with_mistakes_is_refused_with_each_of_them(served: Server) -> None:
    wrong = {"name": "Wrong", "do": [{"step": "a", "nosuch": {}}, {"if": "x", "then": []}]}
    answer = served.post(ROUTINES, json=wrong)
    assert answer.status_code == 422
    fields = [detail["field"] for detail in answer.json()["details"]]
    assert fields == ["name", "do[0].nosuch", "do[1].if", "do[1].then"]
    assert served.get(f"{ROUTINES}/Wrong").status_code == 404


def test_the_same_routine_again_changes_nothing_and_another_is_a_new_version(
    served: Server, routine: str
) -> None:
    first = served.get(f"{ROUTINES}/{routine}").json()["version"]
    again = served.post(ROUTINES, json=counting(routine)).json()
    assert (again["version"], again["changed"]) == (first, False)
    other = served.post(ROUTINES, json={**counting(routine), "description": "better"}).json()
    assert other["changed"] is True
    assert served.get(f"{ROUTINES}/{routine}").json()["version"] == other["version"] != first
    names = [one["name"] for one in served.get(ROUTINES).json()["routines"]]
    assert routine in names
    assert names == sorted(names)


@pytest.mark.parametrize("inputs", [{}, {"numbers": 3}, {"numbers": [], "more": 1}])
def test_inputs_that_do_not_fit_make_no_run(
    served: Server, routine: str, inputs: dict[str, Any]
) -> None:
    strict = counting(routine)
    strict["inputs"]["additionalProperties"] = False
    assert served.post(ROUTINES, json=strict).status_code == 200
    answer = served.post(RUNS, json={"routine": routine, "inputs": inputs})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("inputs")
    assert served.get(RUNS, params={"routine": routine}).json()["runs"] == []


@pytest.mark.parametrize("path", ["/api/v1/routines/nosuch", "/api/v1/runs/nosuch"])
def test_what_is_not_there_is_404(served: Server, path: str) -> None:
    assert served.get(path).status_code == 404
    assert served.get(f"{RUNS}/nosuch/steps").status_code == 404
    assert served.get(f"{RUNS}/nosuch/events").status_code == 404
    assert served.post(f"{RUNS}/nosuch/cancel").status_code == 404
    assert served.post(RUNS, json={"routine": "nosuch"}).status_code == 404


def test_the_same_request_sent_many_times_at_once_makes_one_run(
    served: Server, routine: str
) -> None:
    key = {"Idempotency-Key": secrets.token_hex(8)}
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: start(served, routine, [1], **key)["id"], range(16)))
    assert len(set(made)) == 1
    assert len(served.get(RUNS, params={"routine": routine}).json()["runs"]) == 1
    assert len(events(served, made[0])) >= 1
    assert events(served, made[0])[0]["seq"] == 1


def test_a_cancelled_run_does_nothing_more(served: Server, routine: str) -> None:
    run = start(served, routine, list(range(2000)))["id"]
    until_begun(served, run, 5)
    cancelled = served.post(f"{RUNS}/{run}/cancel").json()
    assert cancelled["status"] == "cancelled"
    last = events(served, run, after=0, limit=1000)
    while more := events(served, run, after=last[-1]["seq"], limit=1000):
        last = more
    assert last[-1]["kind"] == "run.cancelled"
    assert events(served, run, after=last[-1]["seq"], wait=0.5) == []
    assert served.post(f"{RUNS}/{run}/cancel").json()["status"] == "cancelled"


def test_a_run_that_has_ended_cannot_be_cancelled(served: Server, routine: str) -> None:
    run = ended(served, start(served, routine, [1])["id"])["id"]
    answer = served.post(f"{RUNS}/{run}/cancel")
    assert answer.status_code == 409
    assert "completed already" in answer.json()["detail"]


def test_the_list_is_newest_first_and_goes_on_where_it_stopped(
    served: Server, routine: str
) -> None:
    made = [start(served, routine, [n])["id"] for n in range(5)]
    first = served.get(RUNS, params={"routine": routine, "limit": 3}).json()
    query = {"routine": routine, "limit": 3, "cursor": first["next_cursor"]}
    second = served.get(RUNS, params=query).json()
    assert [run["id"] for run in first["runs"] + second["runs"]] == made[::-1]
    assert second["next_cursor"] is None
    for run in made:
        ended(served, run)
    done = served.get(RUNS, params={"routine": routine, "status": "completed"}).json()["runs"]
    assert len(done) == 5


def test_steps_and_routines_are_listed_by_pages_as_well(served: Server, routine: str) -> None:
    run = ended(served, start(served, routine, list(range(7)))["id"])["id"]
    for path, key, name in (
        (f"{RUNS}/{run}/steps", "steps", "path"),
        (ROUTINES, "routines", "name"),
    ):
        whole = [row[name] for row in served.get(path).json()[key]]
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = served.get(path, params={"limit": 3, "cursor": cursor}).json()
            assert len(page[key]) <= 3
            seen += [row[name] for row in page[key]]
            cursor = page["next_cursor"]
        assert seen == whole != []


@pytest.mark.parametrize("cursor", ["x", "WzFd", "W10=", "WyJcdTAwMDAiXQ==", "WzFlMzAwLCAieCJd"])
def test_a_cursor_that_was_made_up_is_refused(served: Server, routine: str, cursor: str) -> None:
    run = start(served, routine, [1])["id"]
    for path in (RUNS, ROUTINES, "/api/v1/approvals"):
        assert served.get(path, params={"cursor": cursor}).status_code == 400
    for path in (f"{RUNS}/{run}/steps", "/api/v1/effects"):
        found = served.get(path, params={"cursor": cursor})
        assert found.status_code == (200 if cursor == "WzFd" else 400)  # that one is a number


def test_an_output_that_cannot_be_computed_fails_the_run_and_says_why(served: Server) -> None:
    name = f"bad-{secrets.token_hex(4)}"
    routine = {**counting(name), "output": "${steps.each.map(one, one.nosuch)}"}
    assert served.post(ROUTINES, json=routine).status_code == 200
    run = ended(served, start(served, name, [1])["id"])
    assert run["status"] == "failed"
    assert run["failure"]["kind"] == "expression"
    assert "nosuch" in run["failure"]["reason"]


@pytest.fixture
def pair(cluster: Postgres, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """Two servers on one database."""
    dsn = with_tables(cluster)
    homes = [tmp_path / "a", tmp_path / "b"]
    for home in homes:
        home.mkdir()
    with server_process(homes[0], dsn) as one, server_process(homes[1], dsn) as other:
        one.wait("/health")
        other.wait("/health")
        yield one, other


def test_what_a_killed_server_had_begun_another_one_finishes_and_repeats_nothing(
    pair: tuple[Server, Server],
) -> None:
    one, other = pair
    assert one.post(ROUTINES, json=counting("long")).status_code == 200
    runs = [start(one, "long", list(range(400)))["id"] for _ in range(5)]
    for run in runs:
        until_begun(other, run, 20)
    assert one.process is not None
    one.process.kill()
    one.process.wait()
    assert any(other.get(f"{RUNS}/{run}").json()["status"] == "running" for run in runs)
    for run in runs:
        found = ended(other, run)
        assert (found["status"], found["output"]) == ("completed", list(range(400)))
        seen: list[dict[str, Any]] = []
        while page := events(other, run, after=len(seen), limit=1000):
            seen += page
        assert [event["seq"] for event in seen] == list(range(1, 403))
        paths = [event["path"] for event in seen if event["kind"] == "step.completed"]
        assert len(paths) == len(set(paths)) == 400


def test_a_server_that_is_stopped_lets_go_of_its_runs_at_once(
    pair: tuple[Server, Server], cluster: Postgres
) -> None:
    one, other = pair
    assert one.post(ROUTINES, json=counting("long")).status_code == 200
    run = start(one, "long", list(range(2000)))["id"]
    until_begun(other, run, 5)
    other_stopped = other.process
    assert other_stopped is not None
    other_stopped.send_signal(signal.SIGSTOP)  # nobody else may take it over meanwhile
    try:
        assert one.stop() == 0
        database = one.env["DATABASE_URL"].rpartition("/")[2]
        free = f"SELECT lease_until <= now() FROM runs WHERE id = '{run}'"
        assert cluster.sql(free, database).strip() == "t"
    finally:
        other_stopped.send_signal(signal.SIGCONT)
    found = ended(other, run)
    assert (found["status"], found["output"]) == ("completed", list(range(2000)))


def test_a_run_that_was_started_on_one_server_is_cancelled_by_another(
    pair: tuple[Server, Server],
) -> None:
    one, other = pair
    assert one.post(ROUTINES, json=counting("long")).status_code == 200
    run = start(one, "long", list(range(5000)))["id"]
    until_begun(other, run, 5)
    assert other.post(f"{RUNS}/{run}/cancel").json()["status"] == "cancelled"
    assert "Traceback" not in one.log


def test_a_step_asks_the_model_that_is_always_there(served: Server) -> None:
    (provider,) = served.get("/api/v1/models").json()["providers"]
    assert (provider["name"], provider["state"]) == ("test", "ok")
    name = f"ask-{secrets.token_hex(4)}"
    step = {"step": "answer", "llm": {"model": "test", "prompt": "How is it?"}}
    assert served.post(ROUTINES, json={"name": name, "do": [step]}).status_code == 200
    run = ended(served, start(served, name, [])["id"])
    assert run["output"]["text"], run["failure"]
    steps = served.get(f"{RUNS}/{run['id']}/steps").json()["steps"]
    assert {step["path"] for step in steps} == {"answer/model[1]", "answer"}
