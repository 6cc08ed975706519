"""The page of both `/metrics`, read from the text that a scraper would get."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from scripts.reference_markdown import table
from vrooli.autoheal.backup_metrics import BackupCollector
from vrooli.autoheal.backups import Known
from vrooli.autoheal.lag import LoopLag
from vrooli.autoheal.metrics import BoardCollector, prometheus_text
from vrooli.core.result import ok
from vrooli.host.clock import SystemClock
from vrooli.host.memory.notices import MemoryStore
from vrooli.notify.metrics import NotificationCollector
from vrooli.notify.postbox import Postbox
from vrooli.notify.settings import Channel, Settings
from vrooli.server.database import Database
from vrooli.server.metrics import Metrics
from vrooli.server.work_metrics import WorkMetrics
from vrooli.stack.backup_ledger import BackupLedger, Drill, Taken
from vrooli.stack.backup_settings import Objectives

HEAD = """\
# Metrics

Prometheus text. [Scrape with Prometheus](../how-to/scrape-with-prometheus.md) has the
configuration.

## Watchdog, `http://127.0.0.1:3002/metrics`

"""

SERVER = """
## Server, `http://127.0.0.1:3001/metrics`

"""

OF_THE_FORMAT = {"le"}
"""Labels that belong to the type (histogram), not to the metric."""


def metrics() -> str:
    """Names, types, labels and help of every metric."""
    heads = "metric | what it says | type | labels"
    watchdog = prometheus_text(_board(), _notifications(), _backups()).decode()
    counters = Metrics("0")
    counters.observe("GET", "/health", 200, 0.1)
    server = (generate_latest(counters.registry) + generate_latest(_work().registry)).decode()
    return HEAD + table(heads, _rows(watchdog)) + SERVER + table(heads, _rows(server))


def _rows(text: str) -> Iterable[tuple[str, str, str, str]]:
    for family in text_string_to_metric_families(text):
        if family.name.endswith("_created"):
            continue  # when a counter began: made by the library for each of them
        names = {name for sample in family.samples for name in sample.labels} - OF_THE_FORMAT
        total = "_total" if family.type == "counter" else ""
        labels = ", ".join(f"`{name}`" for name in sorted(names)) or "-"
        help_text = family.documentation.rstrip(".")
        yield f"`{family.name}{total}`", help_text, family.type, labels


def _work() -> WorkMetrics:
    """With a sample of each series."""
    metrics = WorkMetrics(Database("postgresql://"))
    metrics.started("report")
    metrics.begun("http")
    metrics.step("http", "completed", 1.0)
    metrics.stands({"pending": (1, 1.0)})
    metrics.pool()
    metrics.done([("report", "completed", 1.0, 1.0)])
    return metrics


def _board() -> BoardCollector:
    """A board with one service, so that every series has a sample whose labels can be read."""
    service = SimpleNamespace(check_id="scenario-web")
    tracked = SimpleNamespace(
        service=service,
        name="web",
        healthy=True,
        result=ok("", 1.0, "ms"),
        starts_since=lambda wall: 0,
    )
    clock = SystemClock()
    board = cast(Any, SimpleNamespace(tracked={"web": tracked}, checks={}))
    return BoardCollector(board, LoopLag(clock), clock)


def _notifications() -> NotificationCollector:
    """Of one channel."""
    declared = Settings({"phone": Channel("phone", "")})
    return NotificationCollector(Postbox(MemoryStore(), lambda: declared, SystemClock(), ""))


def _backups() -> BackupCollector:
    """Of one point, and of one drill."""
    point = Taken("", 0.0, 1.0, 1, 1, ("postgres",))
    drill = Drill(1.0, "", "postgres", True, 1.0, 1.0, 1.0, 1.0)
    known = Known(BackupLedger((point,), (), (drill,)))
    return BackupCollector(lambda: known, Objectives, SystemClock())
