"""`/metrics`: Prometheus text, for admins or the scraper's token."""

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from vrooli.server.accounts.roles import Role
from vrooli.server.auth import NeedsOrToken
from vrooli.server.metrics import Metrics
from vrooli.server.token_file import TokenFile


def metrics_routes(metrics: Metrics, scraper: TokenFile) -> APIRouter:
    """The scrape target."""
    router = APIRouter()
    access = Depends(NeedsOrToken(Role.ADMIN, scraper))

    @router.get("/metrics", summary="Prometheus metrics", dependencies=[access])
    async def scrape() -> Response:
        """Text exposition format."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return router
