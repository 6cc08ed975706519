"""`/api/v1/keys`: API keys, for programs."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from vrooli.server import account_shapes as shapes
from vrooli.server.accounts.directory import Directory
from vrooli.server.accounts.roles import Role
from vrooli.server.answers import answers
from vrooli.server.auth import VIEWER, Who
from vrooli.server.bodies import PRINTABLE, Id, StrictBody


class NewKey(StrictBody):
    """What it is for, what it may do, and for how many days."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=PRINTABLE)]
    role: Role = Role.VIEWER
    days: Annotated[int, Field(ge=1, le=366)] = 90


def key_routes(directory: Directory) -> APIRouter:
    """One's own keys; those of everybody for admins."""
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/keys",
        summary="List API keys",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.KeyList),
    )
    async def list_keys(who: Who) -> dict[str, Any]:
        """`{keys}`, the newest first: one's own, and for admins everybody's. Never the secret."""
        return {"keys": [key.to_json() for key in await directory.keys(who.only)]}

    @router.post(
        "/keys",
        status_code=201,
        summary="Make an API key",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.KeyMade, 409, status=201),
    )
    async def add_key(new: NewKey, who: Who) -> dict[str, Any]:
        """201 with the key of the user who asks, and its `token`, which is shown this once. 409
        for a role above one's own, or when it is no session of a user that asks.
        """
        return (await directory.add_key(who, new.name, new.role, new.days)).to_json()

    @router.delete(
        "/keys/{id}",
        summary="Revoke an API key",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.KeyShape, 404),
    )
    async def revoke_key(id: Id, who: Who) -> dict[str, Any]:
        """The key, which opens nothing any more; 404 when there is none of one's own."""
        return (await directory.revoke_key(who, id)).to_json()

    return router
