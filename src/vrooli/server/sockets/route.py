"""`/ws`: runs, live."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from vrooli.core.errors import VrooliError
from vrooli.execution.live.live import Live
from vrooli.server.auth import OPEN, bearer_of
from vrooli.server.metrics import Metrics
from vrooli.server.problems import problem, problem_of
from vrooli.server.sight import Sight
from vrooli.server.sockets.connection import Connection, Limits

MOST_CONNECTIONS = 5000
NOBODY = "a valid bearer token is needed"


class Sockets:
    """The connections of this process."""

    def __init__(self, live: Live, sight: Sight, metrics: Metrics, limits: Limits) -> None:
        self._live, self._sight, self._limits = live, sight, limits
        self._gauge = metrics.websockets
        self._count = 0

    async def serve(self, socket: WebSocket) -> None:
        """From the handshake to the end."""
        refusal, caller, token = self._refusal(socket), None, bearer_of(socket)
        if refusal is None and "authorization" in socket.headers:
            try:
                caller = await self._sight.caller(token)
            except VrooliError as error:
                refusal = problem_of(error)
            else:
                refusal = None if caller else problem(401, "unauthorized", NOBODY)
        if refusal is not None:
            await socket.send_denial_response(refusal)
            return
        self._count += 1
        self._gauge.set(self._count)
        try:
            await socket.accept()
            await Connection(socket, self._live, self._sight, self._limits).run(caller, token)
        finally:
            self._count -= 1
            self._gauge.set(self._count)

    def _refusal(self, socket: WebSocket) -> JSONResponse | None:
        if not same_origin(socket.headers.get("origin"), socket.headers.get("host", "")):
            return problem(403, "foreign_origin", "a page of another site may not connect")
        if self._count >= MOST_CONNECTIONS:
            return problem(503, "unavailable", "too many are connected", retryable=True)
        return None


def same_origin(origin: str | None, host: str) -> bool:
    """Whether a page may connect: one that was served under the same name and port. Programs that
    are no browsers say no origin.
    """
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False


def socket_routes(sockets: Sockets) -> APIRouter:
    """The one route; it checks itself who comes, since a browser can send no header."""
    router = APIRouter()
    router.add_api_websocket_route("/ws", sockets.serve, dependencies=[OPEN])
    return router
