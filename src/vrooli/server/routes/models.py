"""`/api/v1/models`: whom `llm` steps may ask."""

from typing import Any

from fastapi import APIRouter

from vrooli.execution.llm.models import Models
from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import VIEWER


def model_routes(models: Models) -> APIRouter:
    """Read the providers."""
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/models",
        summary="List the providers of language models",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.ProviderList),
    )
    async def list_models() -> dict[str, Any]:
        """`{providers: [{name, vendor, title, base_url, key, installed, state}]}`, by name.

        `key`: whether it is declared with one. `state`, in this process: `ok`, or `down` after
        failures in a row. Nobody is asked for it.
        """
        return {"providers": models.to_json()}

    return router
