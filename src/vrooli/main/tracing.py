"""Traces of a process that works: only where the environment names a collector.

The variables are those of OpenTelemetry; the SDK reads all others of them itself.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vrooli import __version__
from vrooli.core.errors import UsageError, VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.execution.meter import Meter, Meters
from vrooli.execution.run_spans import RunSpans

if TYPE_CHECKING:
    from vrooli.host.traces import OtlpTraces

LAST_SECONDS = 1.0
"""To find out about the runs that ended last."""

OFF = ("none", "")


class Tracing:
    """Traces of one process, or none.

    Args:
        traces: takes the spans; None where nobody wants any.
        database: where the runs are.
        clock: time.
    """

    def __init__(self, traces: "OtlpTraces | None", database: Database, clock: Clock) -> None:
        self.traces = traces
        self._spans = RunSpans(traces, database, clock) if traces else None

    def meter(self, meter: Meter) -> Meter:
        """The same, and the traces hear of the end of runs as well."""
        return Meters(meter, self._spans) if self._spans else meter

    async def run(self) -> None:
        """In the background."""
        if self._spans:
            await self._spans.run()

    async def close(self) -> None:
        """Send what is left, for a moment."""
        if self._spans is None or self.traces is None:
            return
        with suppress(VrooliError, TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await self._spans.tell()
        await self.traces.close()


def traces_of(environ: Mapping[str, str], service: str) -> "OtlpTraces | None":
    """Where the environment names a collector.

    Args:
        environ: of the process.
        service: what it is called where `OTEL_SERVICE_NAME` does not say.

    Raises:
        UsageError: it names one that cannot be used, or the SDK is not installed.
    """
    name, endpoint = _endpoint(environ)
    if not endpoint or environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    if environ.get("OTEL_TRACES_EXPORTER", "otlp").strip() in OFF:
        return None
    _check(name, endpoint, environ)
    try:
        # Only now: it takes a tenth of a second and 6 MiB.
        from vrooli.host.traces import OtlpTraces
    except ModuleNotFoundError as error:
        raise UsageError(
            "a collector is named, and what sends traces is not installed",
            where=name,
            next_step="install it (in a checkout: `pipx install --force '.[work,traces]'`)",
        ) from error
    named = environ.get("OTEL_SERVICE_NAME") or "service.name=" in environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    resource = {} if named else {"service.name": service}
    return OtlpTraces({**resource, "service.version": __version__})


def _endpoint(environ: Mapping[str, str]) -> tuple[str, str]:
    own = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip()
    if own:
        return "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own
    return "OTEL_EXPORTER_OTLP_ENDPOINT", environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()


def _check(name: str, endpoint: str, environ: Mapping[str, str]) -> None:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise UsageError(
            "it is no http:// or https:// address",
            where=name,
            next_step="name the collector's port for OTLP over HTTP, like http://127.0.0.1:4318",
        )
    for variable, said in (
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", environ.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")),
    ):
        if said and said.strip() != "http/protobuf":
            raise UsageError(
                f"{said!r} is not spoken here",
                where=variable,
                next_step="use `http/protobuf`, and the collector's port for it (mostly 4318)",
            )
