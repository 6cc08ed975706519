"""Metrics of the work, on a real PostgreSQL."""

import secrets

from prometheus_client.parser import text_string_to_metric_families

from tests.support.runs import run_of
from tests.support.server import Server
from tests.support.waiting import wait_for
from vrooli.client.work import WorkClient
from vrooli.server.database import Database
from vrooli.server.work_metrics import MOST_ROUTINES, OTHER, WorkMetrics


def samples(text: str) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_run_and_its_steps_are_counted_and_timed(served: Server, client: WorkClient) -> None:
    run = run_of(client, {"step": "one", "value": {}}, {"step": "two", "value": {}})
    routine = f"routine={run['routine']}"
    found: dict[tuple[str, ...], float] = {}

    def counted() -> bool:  # the server counts a moment after the end
        found.update(samples(served.get("/metrics").text))
        return ("vrooli_runs_finished_total", routine, "status=completed") in found

    wait_for(counted, "the run is counted")
    assert found["vrooli_runs_started_total", routine] == 1
    assert found["vrooli_runs_finished_total", routine, "status=completed"] == 1
    assert found["vrooli_run_duration_seconds_count", "status=completed"] == 1
    assert found[("vrooli_run_queue_seconds_count",)] == 1
    assert found["vrooli_steps_total", "outcome=completed", "type=value"] == 2
    assert found["vrooli_step_duration_seconds_count", "type=value"] == 2
    assert found["vrooli_runs", "status=pending"] == 0
    assert found[("vrooli_runs_oldest_pending_seconds",)] == 0
    assert found[("vrooli_database_up",)] == 1
    assert found["vrooli_database_connections", "state=most"] > 0
    assert run["id"] not in str(found)


def test_what_models_cost_is_counted_and_what_waits_has_not_ended(
    served: Server, client: WorkClient
) -> None:
    before = samples(served.get("/metrics").text)
    leaf = {"name": f"leaf-{secrets.token_hex(4)}", "do": [{"step": "x", "value": {}}]}
    client.put_routine(leaf)
    run = run_of(
        client,
        {"step": "say", "llm": {"model": "test", "prompt": "hello"}},
        {"step": "later", "wait": {"seconds": 1.5}},
        {"step": "below", "routine": {"name": leaf["name"]}},
    )
    assert run["status"] == "completed", run["failure"]
    found: dict[tuple[str, ...], float] = {}

    def counted() -> bool:
        found.update(samples(served.get("/metrics").text))
        return ("vrooli_runs_finished_total", f"routine={leaf['name']}", DONE) in found

    wait_for(counted, "the run below is counted")
    assert found["vrooli_runs_started_total", f"routine={leaf['name']}"] == 1
    tokens = ("vrooli_model_tokens_total",)
    assert found[tokens] > before[tokens]
    for name in ("vrooli_model_cost_dollars_total", "vrooli_model_unpriced_total"):
        assert (name,) in found
    for type_ in ("llm", "wait", "routine"):
        assert found["vrooli_steps_started_total", f"type={type_}"] == 1
        assert found["vrooli_steps_total", "outcome=completed", f"type={type_}"] == 1
        assert ("vrooli_steps_total", "outcome=failed", f"type={type_}") not in found
    assert found["vrooli_step_duration_seconds_sum", "type=wait"] >= 1


DONE = "status=completed"


def test_a_run_that_ends_at_a_limit_is_counted(served: Server, client: WorkClient) -> None:
    steps = [{"step": f"s{n}", "value": {}} for n in range(3)]
    run = run_of(client, *steps, budget={"steps": 2})
    assert run["status"] == "failed"
    key = ("vrooli_runs_finished_total", f"routine={run['routine']}", "status=failed")
    wait_for(lambda: key in samples(served.get("/metrics").text), "it is counted")


async def test_routines_are_labels_up_to_a_bound_and_an_outage_is_no_error() -> None:
    metrics = WorkMetrics(Database("postgresql://nobody@127.0.0.1:1/none"))
    for number in range(MOST_ROUTINES + 30):
        metrics.started(f"routine-{number}")
    metrics.ended(secrets.token_hex(8))
    found = samples((await metrics.text()).decode())
    names = [key for key in found if key[0] == "vrooli_runs_started_total"]
    assert len(names) == MOST_ROUTINES + 1
    assert found["vrooli_runs_started_total", f"routine={OTHER}"] == 30
    assert found[("vrooli_database_up",)] == 0
    assert not [key for key in found if key[0] == "vrooli_runs"]
