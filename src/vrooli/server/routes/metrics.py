"""`/metrics`: Prometheus text, for admins or the scraper's token."""

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from vrooli.server.accounts.roles import Role
from vrooli.server.answers import raw
from vrooli.server.auth import NeedsOrToken
from vrooli.server.metrics import Metrics
from vrooli.server.token_file import TokenFile
from vrooli.server.work_metrics import WorkMetrics


def metrics_routes(metrics: Metrics, work: WorkMetrics, scraper: TokenFile) -> APIRouter:
    """The scrape target."""
    router = APIRouter()
    access = Depends(NeedsOrToken(Role.ADMIN, scraper))

    @router.get(
        "/metrics",
        summary="Prometheus metrics",
        dependencies=[access],
        response_class=Response,
        responses=raw("text/plain"),
    )
    async def scrape() -> Response:
        """Text exposition format."""
        text = generate_latest(metrics.registry) + await work.text()
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return router
