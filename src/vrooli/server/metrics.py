"""The server's own Prometheus registry. Names are those that the alert rules of the production
guide use.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds. 2.0 is an edge on purpose: HighResponseTime asks about p95 > 2 s."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "OTHER"


class Metrics:
    """Counters of this process. Labels are bounded: known methods, route templates, statuses."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "http_requests_total",
            "HTTP requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._duration = Histogram(
            "http_request_duration_seconds",
            "Time from the request's first byte to the last byte of its response.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.websockets = Gauge(
            "vrooli_websocket_connections",
            "WebSocket clients that are connected.",
            registry=self.registry,
        )
        Info("vrooli_build", "What is running.", registry=self.registry).info({"version": version})
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def observe(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count one answered request. `route` is a template such as `/api/v1/history`, never a raw
        path; no `seconds` where its time says nothing.
        """
        known = method if method in METHODS else OTHER_METHOD
        self._requests.labels(known, route, str(status)).inc()
        if seconds is not None:
            self._duration.labels(known, route).observe(seconds)
