"""Port `Traces` by the SDK of OpenTelemetry (decision 038). Loaded only where a collector is named.

Spans wait in a bounded queue, from which a thread of the SDK sends them; what finds no place is
dropped. Nothing here is global: libraries that look for a tracer of the process find none.
"""

import asyncio
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.status import Status, StatusCode

from vrooli.core.ports.traces import ASKS, INSIDE, SERVES, Fact, Span, Told

CLOSE_SECONDS = 2.0
"""For what is still in the queue at the end of the process."""

_KINDS = {
    INSIDE: trace.SpanKind.INTERNAL,
    SERVES: trace.SpanKind.SERVER,
    ASKS: trace.SpanKind.CLIENT,
}
_NANO = 1_000_000_000
_log = logging.getLogger(__name__)
_W3C = TraceContextTextMapPropagator()

_given: ContextVar[Told | None] = ContextVar("vrooli_given_ids", default=None)


class _Ids(RandomIdGenerator):
    """At random, but for a span whose ids are known before it is made."""

    def generate_span_id(self) -> int:
        told = _given.get()
        return int(told.id, 16) if told else super().generate_span_id()

    def generate_trace_id(self) -> int:
        told = _given.get()
        return int(told.trace, 16) if told else super().generate_trace_id()


class _Span:
    """See `Span`."""

    def __init__(self, inner: trace.Span) -> None:
        self._inner = inner

    def note(self, facts: Mapping[str, Fact], name: str = "") -> None:
        """See the port."""
        self._inner.set_attributes(facts)
        if name:
            self._inner.update_name(name)

    def failed(self, kind: str) -> None:
        """See the port."""
        self._inner.set_attribute("error.type", kind)
        self._inner.set_status(Status(StatusCode.ERROR))


class ToldOnce(SpanExporter):
    """An exporter whose outage is told once, and its end once."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner, self._away = inner, False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Called by the thread that sends."""
        found = self._inner.export(spans)
        away = found is not SpanExportResult.SUCCESS
        if away and not self._away:
            _log.warning("the collector takes no traces: they are dropped until it does")
        elif self._away and not away:
            _log.info("the collector takes traces again")
        self._away = away
        return found

    def shutdown(self) -> None:
        """End its tries."""
        self._inner.shutdown()


class OtlpTraces:
    """Sends them where the variables `OTEL_EXPORTER_OTLP_...` say.

    Args:
        resource: about this process, like `service.name`.
    """

    def __init__(self, resource: Mapping[str, str]) -> None:
        # It tells of each try.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._exporter = ToldOnce(OTLPSpanExporter())
        self._provider = TracerProvider(
            resource=Resource.create(dict(resource)), shutdown_on_exit=False, id_generator=_Ids()
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("vrooli")

    @contextmanager
    def span(
        self, name: str, facts: Mapping[str, Fact], *, kind: str = INSIDE, above: str = ""
    ) -> Iterator[Span]:
        """See the port."""
        with self._tracer.start_as_current_span(
            name,
            context=_context(above) if above else None,
            kind=_KINDS[kind],
            attributes=facts,
            record_exception=False,  # its text may hold what goes through a step
            set_status_on_exception=False,
        ) as inner:
            span = _Span(inner)
            try:
                yield span
            except BaseException as error:
                span.failed(type(error).__name__)
                raise

    def tell(self, told: Told) -> None:
        """See the port."""
        token = _given.set(told)
        try:
            inner = self._tracer.start_span(
                told.name,
                context=_context(told.above),
                attributes=told.facts,
                start_time=int(told.began * _NANO),
            )
        finally:
            _given.reset(token)
        if told.failure:
            _Span(inner).failed(told.failure)
        inner.end(int(told.ended * _NANO))

    def here(self) -> str:
        """See the port."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent", "")

    async def close(self) -> None:
        """Send what is left, for a moment: a collector that is away holds nobody up."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def send() -> None:
            self._provider.shutdown()
            with _gone():
                loop.call_soon_threadsafe(done.set)

        # No thread of the loop's own pool: those are waited for.
        threading.Thread(target=send, name="traces", daemon=True).start()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await done.wait()
        except TimeoutError:
            self._exporter.shutdown()


@contextmanager
def _gone() -> Iterator[None]:
    """The loop may have ended meanwhile."""
    try:
        yield
    except RuntimeError:
        return


def _context(above: str) -> Context:
    """Of a `traceparent`; of nothing for one that is none."""
    return _W3C.extract({"traceparent": above}, Context()) if above else Context()
