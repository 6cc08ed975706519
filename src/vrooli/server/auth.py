"""Who may ask what. Each route names the role that it needs, as one of its dependencies (`VIEWER`,
`OPERATOR`, `ADMIN`), or says that it is open to everyone (`OPEN`); an application with a route that
does neither does not start.

Who asks shows a bearer token: that of the server, in a 0600 file, which is everybody's power;
the access token of a session; or an API key. The token of a host opens what hosts post to, and
nothing else (`NeedsHost`). One more in a file (optional) opens `/metrics` only,
so that a scraper's configuration (Prometheus: `authorization.credentials_file`) never holds an
operator's power.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.openapi.models import HTTPBearer
from fastapi.routing import APIRoute, APIWebSocketRoute
from fastapi.security.base import SecurityBase
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Route

from vrooli.core.errors import UnknownName
from vrooli.execution.runs.views import unknown_run
from vrooli.server.accounts.roles import OPERATOR as OPERATOR_TOKEN
from vrooli.server.accounts.roles import Caller, Role
from vrooli.server.bodies import Id
from vrooli.server.fleet.host_store import Pass
from vrooli.server.token_file import TokenFile

HOST = "host"
"""Instead of a role: what only a host may ask."""


class Access:
    """What the dependencies below ask; `create_app` puts one where they find it.

    Args:
        operator: the token of the server.
        identify: who shows any other token; None when it opens nothing.
        owner_of: whose a run is; raises `UnknownName` when there is none.
    """

    def __init__(
        self,
        operator: TokenFile,
        identify: Callable[[str], Awaitable[Caller | None]],
        owner_of: Callable[[str], Awaitable[str]],
    ) -> None:
        self._operator, self._identify = operator, identify
        self.owner_of = owner_of

    async def of(self, connection: HTTPConnection) -> Caller:
        """Who asks; looked up once a request.

        Raises:
            HTTPException: 401, nobody that we know.
        """
        known: Caller | None = getattr(connection.state, "caller", None)
        if known is None:
            known = await self.identify(bearer_of(connection))
            if known is None:
                raise HTTPException(401, "a valid bearer token is needed")
            connection.state.caller = known
        return known

    async def identify(self, token: str) -> Caller | None:
        """Who shows this token; None when it opens nothing."""
        if token and self._operator.matches(token):
            return OPERATOR_TOKEN
        return await self._identify(token) if token else None


def access_of(connection: HTTPConnection) -> Access:
    """That of the application."""
    access: Access = connection.app.state.access
    return access


def bearer_of(connection: HTTPConnection) -> str:
    """The token that a request shows; empty without one."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class Needs(SecurityBase):
    """FastAPI dependency: goes on only for whoever has a role, or more; 401 for nobody, else 403.

    As a security scheme of FastAPI's it stands in the schema too, by the name of the role.

    Attributes:
        role: the one.
    """

    def __init__(self, role: Role) -> None:
        self.role = role
        self.scheme_name = role.value
        self.model = HTTPBearer()

    async def __call__(self, connection: HTTPConnection) -> None:
        """Look who asks."""
        who = await access_of(connection).of(connection)
        if not who.may(self.role):
            raise HTTPException(403, f"this needs the role {self.role}; yours is {who.role}")


class NeedsOrToken(Needs):
    """The same, or the token in a file, which opens nothing else."""

    def __init__(self, role: Role, file: TokenFile) -> None:
        super().__init__(role)
        self.scheme_name = f"{role.value} or {file.name}"
        self._file = file

    async def __call__(self, connection: HTTPConnection) -> None:
        """Compare with the file first: a scraper is to be answered while PostgreSQL is away."""
        if not self._file.matches(bearer_of(connection)):
            await super().__call__(connection)


class NeedsHost(SecurityBase):
    """FastAPI dependency, and the parameter of a route: goes on only for the watchdog of another
    host, by its token, and tells whose it is. 401 for nobody, 403 for anybody else.

    Args:
        pass_of: whose token it is, and whether it is good; None when it is no host's.
    """

    def __init__(self, pass_of: Callable[[str], Awaitable[tuple[Pass, bool] | None]]) -> None:
        self.scheme_name = HOST
        self.model = HTTPBearer()
        self._pass_of = pass_of

    async def __call__(self, connection: HTTPConnection) -> Pass:
        """Look who asks."""
        found = await self._pass_of(bearer_of(connection))
        if found is None:
            who = await access_of(connection).of(connection)
            raise HTTPException(403, f"this takes the token of a host; yours is of a {who.role}")
        shown, good = found
        if not good:
            raise HTTPException(401, f"the token of host `{shown.name}` was revoked")
        return shown


def _open() -> None:
    """Everybody may."""


async def _who(connection: HTTPConnection) -> Caller:
    return await access_of(connection).of(connection)


_SWARMS = "/api/v1/swarms/"


async def _own_run(connection: HTTPConnection, run: Id) -> str:
    access = access_of(connection)
    who = await access.of(connection)
    what = "swarm" if connection.url.path.startswith(_SWARMS) else "run"
    try:
        owner = await access.owner_of(run)
    except UnknownName as error:
        raise unknown_run(run, what) from error
    if not who.sees(owner):
        raise unknown_run(run, what)
    return run


async def _asked_run(connection: HTTPConnection, run: Annotated[str, Query(max_length=64)]) -> str:
    return await _own_run(connection, run)


OPEN = Depends(_open)
VIEWER, OPERATOR, ADMIN = (Depends(Needs(role)) for role in Role)

Who = Annotated[Caller, Depends(_who)]
"""Parameter of a route: who asks."""

OwnRun = Annotated[str, Depends(_own_run)]
"""Parameter of a route with `{run}` in its path: the id of a run that whoever asks may see. Any
other is not there, with the same answer as one that never was.
"""

AskedRun = Annotated[str, Depends(_asked_run)]
"""The same, where the id stands in the query."""


def declared(route: BaseRoute) -> Role | str | None:
    """The role that a route needs, or `HOST`; None when it is open.

    Raises:
        LookupError: it does not say, or says two things.
    """
    if not isinstance(route, APIRoute | APIWebSocketRoute):
        raise LookupError(f"{route} is of a kind that cannot say who may use it")
    calls = [one.call for one in route.dependant.dependencies]
    found: list[Role | str | None] = [call.role for call in calls if isinstance(call, Needs)]
    found += [HOST for call in calls if isinstance(call, NeedsHost)]
    found += [None for call in calls if call is _open]
    if len(found) != 1:
        raise LookupError(f"{route.path} does not name one role: {found}")
    return found[0]


def check_declared(router: APIRouter) -> None:
    """Raises LookupError when one of its routes does not say who may use it."""
    routes = [route for route in router.routes if type(route) is not Route]
    open_paths = {one.path for one in routes if declared(one) is None and isinstance(one, APIRoute)}
    for route in router.routes:
        # A plain route of Starlette's says nothing: the one that it stands in for does.
        if isinstance(route, Route) and route.path not in open_paths:
            declared(route)
