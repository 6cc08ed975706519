"""`/metrics`: Prometheus text, for the operator's token or the scraper's."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from vrooli.server.metrics import Metrics


def metrics_routes(metrics: Metrics) -> APIRouter:
    """The scrape target."""
    router = APIRouter()

    @router.get("/metrics", summary="Prometheus metrics")
    async def scrape() -> Response:
        """Text exposition format."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router
