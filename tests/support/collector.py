"""A collector of traces: takes OTLP over HTTP, and reads it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    """A span as it came."""

    name: str
    trace: str
    id: str
    above: str
    facts: dict[str, Any]
    failed: bool
    seconds: float
    service: str


@dataclass
class Collector:
    """What came.

    Attributes:
        url: for `OTEL_EXPORTER_OTLP_ENDPOINT`.
        headers: of the last request.
        raw: all bytes.
    """

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""

    def of(self, trace: str) -> list[Seen]:
        """Spans of one trace."""
        return [one for one in self.seen if one.trace == trace]

    def named(self, name: str, **facts: Any) -> list[Seen]:
        """Spans of a name with these facts, `_` for a dot."""
        wanted = {key.replace("_", "."): value for key, value in facts.items()}
        return [
            one for one in self.seen if one.name == name and wanted.items() <= one.facts.items()
        ]

    def take(self, body: bytes) -> None:
        """One request."""
        self.raw += body
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            about = _facts(resource.resource.attributes)
            for scope in resource.scope_spans:
                self.seen += [_seen(span, about["service.name"]) for span in scope.spans]


def _seen(span: Any, service: str) -> Seen:
    return Seen(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        _facts(span.attributes),
        span.status.code == 2,
        (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        service,
    )


def _facts(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    """One on a free port, until the block ends."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert self.path.partition("?")[0] == "/v1/traces"
            collector.headers = {key.lower(): value for key, value in self.headers.items()}
            collector.take(body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
