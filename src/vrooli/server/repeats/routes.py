"""Which requests may be sent again, and what the OpenAPI says about it."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute

from vrooli.server.accounts.roles import Role
from vrooli.server.answers import refusals
from vrooli.server.auth import declared

HEADER = "Idempotency-Key"
LONGEST = 200
"""Characters of a key."""

_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": LONGEST, "title": HEADER},
    "description": "the same whenever this request is sent again: it is done once",
}


def keyed(router: APIRouter) -> list[APIRoute]:
    """Its routes whose requests are done once for each key; that they are is added to what they
    say. All that take a POST of somebody known, but those that see to it themselves, in the commit
    of what they do: a host's records have numbers of their own.
    """
    found = [route for route in _posts(router) if not _by_itself(route)]
    for route in found:
        more: dict[str, Any] = route.openapi_extra or {}
        route.openapi_extra = {**more, "parameters": [*more.get("parameters", ()), _PARAMETER]}
        route.responses = {**refusals(409), **route.responses}
    return found


def _posts(router: APIRouter) -> Iterable[APIRoute]:
    routes = (route for route in router.routes if isinstance(route, APIRoute))
    posts = (route for route in routes if "POST" in (route.methods or ()))
    return (route for route in posts if isinstance(declared(route), Role))


def _by_itself(route: APIRoute) -> bool:
    return any(one.alias.lower() == HEADER.lower() for one in route.dependant.header_params)
