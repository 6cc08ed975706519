"""`/metrics`, `/health/memory` and `/debug/heap-dump` of a running server."""

import io
import stat
import tracemalloc
import zipfile
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.server import Server

# What the alert rules HighErrorRate and HighResponseTime select.
RULE_SERIES = {"http_requests_total": {"status"}, "http_request_duration_seconds_bucket": {"le"}}


def samples(served: Server) -> dict[tuple[str, ...], float]:
    """Every sample by name and sorted labels."""
    text = served.get("/metrics").text
    return {
        (sample.name, *(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_series_of_the_alert_rules_exist_with_their_labels(served: Server) -> None:
    served.get("/health")
    families = list(text_string_to_metric_families(served.get("/metrics").text))
    found = {sample.name: set(sample.labels) for f in families for sample in f.samples}
    for name, labels in RULE_SERIES.items():
        assert labels <= found[name]
    assert found["http_requests_total"] == {"method", "route", "status"}
    assert {
        *("process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"),
        *("process_start_time_seconds", "python_gc_collections_total", "vrooli_build_info"),
    } <= set(found)


def test_a_request_is_counted_by_template_method_and_status(served: Server) -> None:
    key = ("http_requests_total", "method=GET", "route=/api/v1/history", "status=200")
    before = samples(served).get(key, 0)
    served.get("/api/v1/history?limit=1")
    served.get("/api/v1/history?limit=2")
    assert samples(served)[key] == before + 2


def test_no_caller_can_make_series_without_bound(served: Server) -> None:
    samples(served)
    before = len(samples(served))
    for n in range(30):
        served.get(f"/made/up/{n}")
        httpx.request(f"VERB{n}", f"{served.url}/health/live")
    after = samples(served)
    added = len(after) - before
    assert added < 60, added
    assert after[("http_requests_total", "method=GET", "route=unmatched", "status=404")] >= 30
    assert not [key for key in after if "VERB" in str(key) or "made" in str(key)]


def test_memory_tells_rss_generations_and_types(served: Server) -> None:
    body = served.get("/health/memory", params={"top": 5}).json()
    assert body["rss_bytes"] > 10_000_000
    assert len(body["top_types"]) == 5
    assert len(body["gc"]) == 3
    assert served.get("/health/memory", params={"top": 10_000}).status_code == 422


def test_a_heap_dump_is_a_real_snapshot_and_a_private_file(served: Server, tmp_path: Path) -> None:
    assert served.get("/debug/heap-dump", params={"trace": "start"}).status_code == 200
    assert served.get("/health/memory").json()["heap"]["current_bytes"] > 0
    answer = served.get("/debug/heap-dump", params={"trace": "stop"})
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    snapshot = tracemalloc.Snapshot.load(str(tmp_path / "tracemalloc.snapshot"))
    assert len(snapshot.traces) > 0
    files = list((served.home / "dumps").iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * len(files)
    assert served.get("/health/memory").json()["heap"]["tracing"] is False
    assert served.get("/debug/heap-dump", params={"trace": "maybe"}).status_code == 422


def test_a_dump_folder_that_cannot_be_written_is_named_as_such(served: Server) -> None:
    dumps = served.home / "dumps"
    aside = served.home / "aside"
    if dumps.exists():
        dumps.rename(aside)
    dumps.write_text("", encoding="utf-8")
    try:
        answer = served.get("/debug/heap-dump")
    finally:
        dumps.unlink()
    assert answer.status_code == 507
    assert "could not be written" in answer.json()["detail"]
