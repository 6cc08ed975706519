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
