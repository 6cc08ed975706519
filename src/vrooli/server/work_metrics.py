"""Metrics of the work. What happened here is counted here; how runs stand is asked of PostgreSQL
when somebody scrapes, and is the same on every server.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from vrooli.core.errors import VrooliError
from vrooli.execution.spending import Amount
from vrooli.flow.budget import MICROS
from vrooli.server.database import Database

OPEN = ("pending", "running", "waiting", "paused")
SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600, 21_600, 86_400)

MOST_ROUTINES = 50
"""Names that become a label; those that come later are `other`."""
OTHER = "other"

MOST_ENDED = 50_000
"""Runs that may end between two scrapes; of more the durations are not seen."""

ASK_SECONDS = 2.0
"""For the question to PostgreSQL: a scraper waits ten."""

_STANDING = """
SELECT status, count(*), extract(epoch FROM now() - min(created_at))::float8
FROM runs WHERE status IN ('pending', 'running', 'waiting', 'paused') GROUP BY status
"""

_ENDED = """
SELECT routine, status, extract(epoch FROM ended_at - started_at)::float8,
       extract(epoch FROM started_at - created_at)::float8
FROM runs WHERE id = ANY ($1::text[]) AND ended_at IS NOT NULL
"""


class WorkMetrics:
    """See `execution.meter.Meter`. Labels are bounded: never an id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ended: deque[str] = deque(maxlen=MOST_ENDED)
        self._routines: set[str] = set()
        self._asking = asyncio.Lock()
        self.registry = registry = CollectorRegistry()
        self._started = Counter(
            "vrooli_runs_started_total", "Runs made here.", ("routine",), registry=registry
        )
        self._finished = Counter(
            "vrooli_runs_finished_total",
            "Runs that ended here: completed, failed or cancelled.",
            ("routine", "status"),
            registry=registry,
        )
        self._took = _times(
            registry,
            "vrooli_run_duration_seconds",
            "Time from the first claim of a run to its end, of those that ended here.",
            ("status",),
        )
        self._waited = _times(
            registry,
            "vrooli_run_queue_seconds",
            "Time from the making of a run to its first claim, of those that ended here.",
        )
        self._begun = Counter(
            "vrooli_steps_started_total",
            "Attempts of steps that began here, or that this server went on with.",
            ("type",),
            registry=registry,
        )
        self._steps = Counter(
            "vrooli_steps_total",
            "Attempts of steps that ended here: completed, failed, timeout or cancelled.",
            ("type", "outcome"),
            registry=registry,
        )
        self._step_took = _times(
            registry, "vrooli_step_duration_seconds", "How long they took.", ("type",)
        )
        self._add_models(registry)
        self._add_standing(registry)

    def _add_models(self, registry: CollectorRegistry) -> None:
        self._tokens = Counter(
            "vrooli_model_tokens_total",
            "Tokens of requests to models that were made here, in and out together.",
            registry=registry,
        )
        self._dollars = Counter(
            "vrooli_model_cost_dollars_total",
            "What they cost, in US dollars, where the price is known.",
            registry=registry,
        )
        self._unpriced = Counter(
            "vrooli_model_unpriced_total",
            "Those whose price nobody knows.",
            registry=registry,
        )

    def _add_standing(self, registry: CollectorRegistry) -> None:
        self._runs = Gauge(
            "vrooli_runs",
            "Runs that have not ended, of all servers.",
            ("status",),
            registry=registry,
        )
        self._oldest = Gauge(
            "vrooli_runs_oldest_pending_seconds",
            "Age of the oldest run that nobody has taken; 0 when there is none.",
            registry=registry,
        )
        self._pool = Gauge(
            "vrooli_database_connections",
            "Connections of this server to PostgreSQL; `most` is how many it may have.",
            ("state",),
            registry=registry,
        )
        self._answers = Gauge(
            "vrooli_database_up",
            "1 when PostgreSQL answered this scrape; runs are not told otherwise.",
            registry=registry,
        )
        self._news, self._redis, self._cached = _beside(registry)

    def carried(self, way: str) -> None:
        """A notice went this way."""
        self._news.labels(way).inc()

    def cached(self, outcome: str) -> None:
        """An answer was looked for."""
        self._cached.labels(outcome).inc()

    def watch_redis(self, up: Callable[[], bool]) -> None:
        """Ask `up` at each scrape."""
        self._redis.set_function(up)

    def started(self, routine: str) -> None:
        """See the port."""
        self._started.labels(self._routine(routine)).inc()

    def ended(self, run: str) -> None:
        """See the port."""
        self._ended.append(run)

    def begun(self, type_: str) -> None:
        """See the port."""
        self._begun.labels(type_).inc()

    def spent(self, real: Amount) -> None:
        """See the port."""
        self._tokens.inc(real.tokens)
        if real.micros is None:
            self._unpriced.inc()
        else:
            self._dollars.inc(real.micros / MICROS)

    def step(self, type_: str, outcome: str, seconds: float) -> None:
        """See the port."""
        self._steps.labels(type_, outcome).inc()
        self._step_took.labels(type_).observe(seconds)

    async def text(self) -> bytes:
        """What a scraper gets, also while PostgreSQL is away."""
        async with self._asking:
            self._runs.clear()
            up = False
            with contextlib.suppress(VrooliError):
                await self._ask()
                up = True
            self._answers.set(up)
        self.pool()
        return generate_latest(self.registry)

    async def _ask(self) -> None:
        ended = list(self._ended)
        async with self._database.connection(ASK_SECONDS) as connection:
            rows = await connection.fetch(_STANDING)
            done = await connection.fetch(_ENDED, ended) if ended else []
        for _ in ended:
            self._ended.popleft()
        self.stands({status: (count, age) for status, count, age in rows})
        self.done(tuple(row) for row in done)

    def stands(self, standing: Mapping[str, tuple[int, float]]) -> None:
        """How many runs there are by status, and the age of the oldest, in seconds."""
        for status in OPEN:
            self._runs.labels(status).set(standing.get(status, (0, 0.0))[0])
        self._oldest.set(standing.get("pending", (0, 0.0))[1])

    def pool(self) -> None:
        """How many connections there are now."""
        for state, count in self._database.pool_use().items():
            self._pool.labels(state).set(count)

    def done(self, ended: Iterable[tuple[Any, ...]]) -> None:
        """Routine, status, and seconds of work and of waiting before, of runs that ended here; None
        for those that never began.
        """
        for routine, status, took, waited in ended:
            self._finished.labels(self._routine(routine), status).inc()
            if took is not None:
                self._took.labels(status).observe(took)
                self._waited.observe(waited)

    def _routine(self, name: str) -> str:
        if name not in self._routines:
            if len(self._routines) >= MOST_ROUTINES:
                return OTHER
            self._routines.add(name)
        return name


def _times(
    registry: CollectorRegistry, name: str, what: str, labels: tuple[str, ...] = ()
) -> Histogram:
    return Histogram(name, what, labels, buckets=SECONDS, registry=registry)


def _beside(registry: CollectorRegistry) -> tuple[Counter, Gauge, Counter]:
    news = Counter(
        "vrooli_news_total",
        "Notices of new events to other servers, by redis or postgres. Counted where there is a"
        " Redis.",
        ("way",),
        registry=registry,
    )
    up = Gauge("vrooli_redis_up", "1 while Redis is used; 0 without one.", registry=registry)
    cached = Counter(
        "vrooli_cache_total",
        "Answers that were looked for in the cache: hit or miss.",
        ("outcome",),
        registry=registry,
    )
    return news, up, cached
