"""`/metrics`: Prometheus text, for the operator's token or the scraper's."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from vrooli.server.answers import raw
from vrooli.server.metrics import Metrics
from vrooli.server.work_metrics import WorkMetrics


def metrics_routes(metrics: Metrics, work: WorkMetrics) -> APIRouter:
    """The scrape target."""
    router = APIRouter()

    @router.get(
        "/metrics",
        summary="Prometheus metrics",
        response_class=Response,
        responses=raw("text/plain"),
    )
    async def scrape() -> Response:
        """Text exposition format."""
        text = generate_latest(metrics.registry) + await work.text()
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router
