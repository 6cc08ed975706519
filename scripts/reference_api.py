"""The page of both HTTP APIs."""

import inspect
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from starlette.routing import Route

from scripts.reference_markdown import table
from vrooli.autoheal import routes as watchdog_routes
from vrooli.autoheal import web
from vrooli.core import discover
from vrooli.execution.work import work
from vrooli.host.clock import SystemClock
from vrooli.main.step_tools import step_tools
from vrooli.server.app import Parts, create_app
from vrooli.server.database import Database
from vrooli.server.migrator import Migrator
from vrooli.server.settings import ServerSettings
from vrooli.server.work_metrics import WorkMetrics

HEAD = """\
# HTTP APIs

Both listen on loopback. A token goes into the header `Authorization: Bearer TOKEN`;
[files](files.md) says where each lies. A refusal is `{"error": {...}}` with what happened and
what to do next: 401 when the token is missing or wrong, 404 for a path that names nothing of the
stack, 400 for what is wrong in a query or a body, also for a parameter or a key that is not known
there.

## Watchdog, port 3002

`reader.token` opens what only tells, `operator.token` everything. Requests that change something
name their author by the query's `by`; it stands in the history.

The same API is served on the unix socket `watchdog.sock` of the run folder, for when the port is
taken.

"""

SERVER = """
## Server, port 3001

`server.token` is that of the watchdog and of other callers, `metrics.token` opens `/metrics` alone.
`/openapi.json` (`server.token`) is the whole schema.

"""


def api() -> str:
    """Every route of the watchdog and of the server."""
    heads = "route | what it answers | token"
    return HEAD + table(heads, _watchdog()) + SERVER + table(heads, _server())


def routes_of_watchdog() -> Iterable[Route]:
    """All that it serves; none of them can be called."""
    groups = []
    for name in discover.names(watchdog_routes):
        group: Any = discover.load(watchdog_routes, name, "GROUP", type)
        groups.append(group(*[None] * len(fields(group))))
    for route in web.build_app(groups, web.Tokens("", "")).routes:
        assert isinstance(route, Route)  # no mounts, no sockets
        yield route


def _watchdog() -> Iterable[tuple[str, str, str]]:
    for route in routes_of_watchdog():
        methods = ", ".join(sorted((route.methods or set()) - {"HEAD"}))
        token = "none" if route.path in web.OPEN else _token(route)
        yield f"`{methods} {route.path}`", _one_line(inspect.getdoc(route.endpoint)), token


def _token(route: Route) -> str:
    reads = (route.methods or set()) <= web.READING
    return "reader.token" if reads else "operator.token"


def _server() -> Iterable[tuple[str, str, str]]:
    for path, methods in _schema()["paths"].items():
        for method, route in methods.items():
            said = _one_line(f"{route['summary']}. {route.get('description', '')}")
            query = ", ".join(f"`{p['name']}`" for p in route.get("parameters", []))
            token = ", ".join(name for scheme in route.get("security", []) for name in scheme)
            more = f" Query: {query}." if query else ""
            yield f"`{method.upper()} {path}`", said.replace("?.", "?") + more, token or "none"


def _schema() -> dict[str, Any]:
    """The server's OpenAPI; its parts open nothing before they are used."""
    settings = ServerSettings(
        database_url="postgresql://",
        token_file=Path("server.token"),
        metrics_token_file=Path("metrics.token"),
        dumps=Path("dumps"),
        workspaces=Path("work"),
    )
    database = Database(settings.database_url)

    async def apply() -> None:
        return

    clock = SystemClock()
    parts = Parts(
        settings,
        database,
        Migrator(database, "", apply),
        work(database, "", clock, step_tools(clock, (), settings.workspaces)),
        WorkMetrics(database),
    )
    return create_app(parts).openapi()


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
