"""Parameters of a query that no route has are refused: a filter that is misspelt and passed over
would answer with too much, and look right.
"""

from collections.abc import Iterator

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel

from vrooli.core.nearest import did_you_mean

API = "/api/"
"""Where routes are strict; what machines ask all the time (`/health/live`, `/metrics`) is left
alone.
"""

MOST = 20
"""Parameters that are named."""

LONGEST = 64


def strict(router: APIRouter) -> None:
    """Have its routes refuse what they do not know, after they have looked who asks."""
    for route in router.routes:
        if isinstance(route, APIRoute) and route.path.startswith(API):
            known = frozenset(_named(route.dependant))
            route.dependencies.append(Depends(OnlyKnown(known)))


class OnlyKnown:
    """A dependency of one route.

    Args:
        known: names that its query may have.
    """

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known

    async def __call__(self, request: Request) -> None:
        """Raises RequestValidationError with all that it does not know."""
        if not request.scope["query_string"]:
            return
        strange = [name for name in request.query_params if name not in self._known]
        if strange:
            raise RequestValidationError([self._fault(name) for name in strange[:MOST]])

    def _fault(self, name: str) -> dict[str, object]:
        hint = did_you_mean(name[:LONGEST], self._known)
        there = ", ".join(sorted(self._known)) or "none"
        what = f"there is no such parameter{hint or f' (it takes {there})'}"
        return {"type": "unknown_parameter", "loc": ("query", name[:LONGEST]), "msg": what}


def _named(dependant: Dependant) -> Iterator[str]:
    """Also those of a model that stands for the whole query, and of dependencies."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (one.alias or name for name, one in kind.model_fields.items())
        else:
            yield field.alias
    for below in dependant.dependencies:
        yield from _named(below)
