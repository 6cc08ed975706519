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
from vrooli.core.passes import Passes
from vrooli.execution.work import work
from vrooli.host.clock import SystemClock
from vrooli.main.step_tools import step_tools
from vrooli.server.accounts.accounts import accounts
from vrooli.server.app import Parts, create_app
from vrooli.server.database import Database
from vrooli.server.migrator import Migrator
from vrooli.server.settings import ServerSettings
from vrooli.server.sockets.words import (
    AGAIN,
    SLOW,
    TOO_MUCH,
    UNAUTHORIZED,
    Auth,
    Ping,
    Subscribe,
    Unsubscribe,
)
from vrooli.server.work_metrics import WorkMetrics

HEAD = """\
# HTTP APIs

Both listen on loopback. A token goes into the header `Authorization: Bearer TOKEN`;
[files](files.md) says where each lies. A refusal says what happened and what to do next: 401 when
the token is missing or wrong, 404 for a path that names nothing of the stack, 400 or 422 for what
is wrong in a query or a body, also for a key of a body that is not known there, and by the watchdog
for such a parameter of a query, which the server passes over. The watchdog's refusal is
`{"error": {message, where, next_step, retryable}}`, the server's are problem details (RFC 9457).

## Watchdog, port 3002

`reader.token` opens what only tells, `operator.token` everything. Requests that change something
name their author by the query's `by`; it stands in the history.

The same API is served on the unix socket `watchdog.sock` of the run folder, for when the port is
taken.

"""

SERVER = """
## Server, port 3001

Each route names the [role](../how-to/accounts.md) that it needs; an admin may what an operator may,
who may what a viewer may. The token is that of a session (`POST /api/v1/auth/login`), an API key,
or `server.token`, which is an admin; `metrics.token` opens `/metrics` alone, and the token of a
[host](../how-to/several-hosts.md) what that one posts to. Who is no admin finds
only runs and keys of its own; any other is a 404. 403 when the role is not enough, 409 when what is
asked does not fit what is there, 421 when `Vrooli-Stack`, which commands send, means the server of
another stack, 429 with `Retry-After` after too many wrong passwords.
`/openapi.json` (viewer) is the whole schema.

Errors are `application/problem+json`: `type`, `title`, `status`, `detail` and `instance`, with
`code` (one word, as in `type`), `next_step`, `retryable` and `details` (what is wrong where)
beside them. A list whose route takes a `cursor` answers with `next_cursor`, which is the `cursor`
of the page that follows and null on the last one. One caller may send 200 requests a second, ten
times as many at once (`VROOLI_RATE`); `RateLimit` tells what is left, and 429 comes with
`Retry-After`.

A request whose answer went astray is sent again with the same `Idempotency-Key`, any text of the
caller's own (200 characters at most), and is done once. Every POST takes one but those without a
role. The answer is that of the first time, with `Idempotent-Replayed: true`. Kept are answers below
400 and of 64 KiB at most, for a day, of each caller's newest 1,000 and all of the last ten minutes;
what was refused (400 to 499, or a 503 `busy`) is asked anew.
In place of the answer comes:

"""

REPEATS = (
    ("409 `under_way`", "The first one goes on.", "It is `retryable`: after `Retry-After`."),
    (
        "409 `made_already`",
        "The answer held a secret, which is kept nowhere; `details` has the rest.",
        "Revoke what was made, make another.",
    ),
    ("409 `done_already`", "The answer was larger.", "Read what it came to."),
    (
        "409 `unknown_outcome`",
        "The server was lost in the middle of it, a minute ago or longer,"
        " or answered 500 or above.",
        "Look whether it was done; if not, ask with a new key.",
    ),
    ("422 `key_reused`", "The key came with another request.", "A new key for each request."),
)

AFTER_REPEATS = """
`POST /api/v1/runs`, `/fork` and `/signals` keep the key with the run or the signal that they make,
as long as that is kept: for them there is none of these answers.

"""

SOCKET = """
### WebSocket `/ws`

[Follow runs live](../how-to/follow-runs-live.md) shows it at work. Every message is a JSON object,
told apart by `op`. A client that sends no `Authorization` header says `auth` first, within 10
seconds. It may follow 100 runs, or everything. A message of the client has 64 KiB at most.

"""


ANSWERS = (
    ("`ready`", "It is known who the client is."),
    ("`subscribed` with `run`, `root`, `status`", "Before the first of its events."),
    (
        "`texts` with `root`, `texts`",
        "What models say just now: `{run, kind, path, attempt, from, text}` each, no number.",
    ),
    ("`unsubscribed` with `run`", "None of its events follows."),
    (
        "`events` with `root`, `events`",
        "Some happened in the tree of that first run, in their order. Their `seq` has no gap.",
    ),
    ("`error` with `code`, `detail`, `where`, `next_step`", "What the client said is refused."),
    ("`pong`", "After `ping`."),
)
ENDS_HEAD = "code of the end | what it means"
ENDS = (
    ("1009", "A message was too large."),
    ("1011", "A ping was not answered within 20 seconds."),
    ("1012", "The server ends: connect again, and subscribe from the last `seq` on."),
    (str(AGAIN), "The same, after 100,000 trees on one connection."),
    (
        str(UNAUTHORIZED),
        "No valid token, or none in time; or what it opened is over: log in, then connect again.",
    ),
    (str(SLOW), "The client took nothing for 10 seconds."),
    (str(TOO_MUCH), "The client said more than 20 words a second."),
)


def api() -> str:
    """Every route of the watchdog and of the server."""
    heads = "route | what it answers | token"
    said = "the client says | what it does"
    answers = "the server says | when"
    words = table(said, _words()) + "\n" + table(answers, ANSWERS) + "\n" + table(ENDS_HEAD, ENDS)
    server = table(heads.replace("token", "role"), _server())
    repeats = table("status, `code` | when | what to do", REPEATS) + AFTER_REPEATS
    return HEAD + table(heads, _watchdog()) + SERVER + repeats + server + SOCKET + words


def routes_of_watchdog() -> Iterable[Route]:
    """All that it serves; none of them can be called."""
    groups = []
    for name in discover.names(watchdog_routes):
        group: Any = discover.load(watchdog_routes, name, "GROUP", type)
        groups.append(group(*[None] * len(fields(group))))
    for route in web.build_app(groups, web.Tokens("", "", Passes("", ""))).routes:
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
    for path, methods in server_schema()["paths"].items():
        for method, route in methods.items():
            said = _one_line(f"{route['summary']}. {route.get('description', '')}")
            query = ", ".join(
                f"`{given['name']}`"
                for given in route.get("parameters", [])
                if given["in"] == "query"
            )
            role = ", ".join(name for scheme in route.get("security", []) for name in scheme)
            more = f" Query: {query}." if query else ""
            yield f"`{method.upper()} {path}`", said.replace("?.", "?") + more, role or "none"


def _words() -> Iterable[tuple[str, str]]:
    """What a client may say, by the models that read it."""
    for word in (Auth, Subscribe, Unsubscribe, Ping):
        fields = ", ".join(f'"{name}"' for name in word.model_fields if name != "op")
        op = word.__name__.lower()
        more = f" with {fields}" if fields else ""
        yield f'`{{"op": "{op}"}}`{more.replace(chr(34), "`")}', _one_line(inspect.getdoc(word))


def server_schema() -> dict[str, Any]:
    """The server's OpenAPI; its parts open nothing before they are used."""
    settings = ServerSettings(
        database_url="postgresql://",
        token_file=Path("server.token"),
        metrics_token_file=Path("metrics.token"),
        signing_key_file=Path("signing-key"),
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
        accounts(database, ""),
        WorkMetrics(database),
    )
    return create_app(parts).openapi()


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
