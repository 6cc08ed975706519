"""Runs as they go on, for programs on asyncio: one run by server-sent events, many by a WebSocket.

Both go on where they were when a connection or a server is lost: no event is missed, none comes
twice.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from vrooli.client import aio
from vrooli.client.api import Bearer
from vrooli.client.sse import EventLines
from vrooli.client.wire import encode
from vrooli.client.work import ENDED
from vrooli.core.address import HostPort
from vrooli.core.errors import (
    AccessDenied,
    CutOff,
    DeadlineExceeded,
    ProtocolError,
    Unreachable,
    UsageError,
    VrooliError,
)

PAUSE = 0.3
"""Seconds between two tries."""

UNAUTHORIZED = 4401
_AWAY = (Unreachable, DeadlineExceeded, ProtocolError)


@dataclass(frozen=True, slots=True)
class LiveClient:
    """One server.

    Attributes:
        target: where it listens.
        bearer: as whom; asked anew for each connection.
        patience: seconds that the server may be away; the run goes on without us.
    """

    target: HostPort
    bearer: Bearer
    patience: float = 60.0

    async def events(
        self, run: str, after: int = 0, *, texts: bool = False
    ) -> AsyncGenerator[dict[str, Any]]:
        """What happens in the tree of a run after a sequence number, until the run ends; with
        `texts` also what models say just now, without `seq`.

        Raises:
            VrooliError: the server refuses, or is away for too long.
        """
        heard = time.monotonic()
        while True:
            try:
                async with aclosing(self._stream(run, after, texts)) as stream:
                    async for event in stream:
                        after, heard = event.get("seq", after), time.monotonic()
                        yield event
                        if event["run"] == run and event["kind"].removeprefix("run.") in ENDED:
                            break  # the end, unless it went on after that: a retry
                if not await self._goes_on(run):
                    return
            except _AWAY:
                if time.monotonic() - heard > self.patience:
                    raise
            await asyncio.sleep(PAUSE)

    async def follow(
        self, runs: Mapping[str, int] | None = None
    ) -> AsyncGenerator[tuple[str, dict[str, Any]]]:
        """What happens in the trees of many runs, each event with the root of its tree, for ever.

        Args:
            runs: the number after which each goes on; None is all that the caller may see, from
                now on.

        Raises:
            VrooliError: the server refuses, or is away for too long.
        """
        heard, known = time.monotonic(), dict(runs or {})
        roots: dict[str, str] = {}
        while True:
            try:
                async with self.connect() as socket:
                    if runs is None:
                        await socket.subscribe_all()
                    for run, after in known.items():
                        roots[(await socket.subscribe(run, after))["root"]] = run
                    async for root, event in socket:
                        heard = time.monotonic()
                        if root in roots:
                            known[roots[root]] = event["seq"]
                        yield root, event
            except _AWAY:
                if time.monotonic() - heard > self.patience:
                    raise
            await asyncio.sleep(PAUSE)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["LiveSocket"]:
        """One WebSocket.

        Raises:
            AccessDenied: the token is not valid.
            Unreachable: nobody listens there.
        """
        from websockets.asyncio.client import connect
        from websockets.exceptions import ConnectionClosed, InvalidHandshake

        where = str(self.target)
        headers = {"Authorization": f"Bearer {self.bearer.token()}"}
        try:
            async with connect(
                f"ws://{self.target}/ws",
                additional_headers=headers,
                compression=None,
                max_size=None,
                proxy=None,
            ) as connection:
                yield LiveSocket(connection)
        except ConnectionClosed as error:
            raise _ended(error.rcvd, where) from error
        except InvalidHandshake as error:
            raise _not_taken(error, where) from error
        except TimeoutError as error:
            raise DeadlineExceeded("no answer in time", where=where) from error
        except OSError as error:
            raise Unreachable(f"nobody answers ({error})", where=where) from error

    async def _stream(self, run: str, after: int, texts: bool) -> AsyncGenerator[dict[str, Any]]:
        path = f"/api/v1/runs/{quote(run, safe='')}/events?after={after}&texts={str(texts).lower()}"
        token = self.bearer.token()
        wire = encode(
            self.target, "GET", path, token=token, headers={"Accept": "text/event-stream"}
        )
        async with aclosing(aio.stream_lines(self.target, wire)) as lines:
            events = EventLines(str(self.target))
            async for line in lines:
                event = events.read(line)
                if event is not None:
                    yield event

    async def _goes_on(self, run: str) -> bool:
        """Whether more will come, now that a stream has ended."""
        token = self.bearer.token()
        path = f"/api/v1/runs/{quote(run, safe='')}"
        answer = await aio.request(self.target, "GET", path, token=token)
        found = answer.json()
        return not (isinstance(found, dict) and found.get("status") in ENDED)


class LiveSocket:
    """A connection. One task reads it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque()

    async def subscribe(self, run: str, after: int = 0, *, texts: bool = False) -> dict[str, Any]:
        """Follow the tree of a run: `{run, root, status}`; with `texts` what models say in it just
        now comes among the events, without `seq`.

        Raises:
            UsageError: there is no such run, or too many are followed.
        """
        return await self._ask("subscribed", op="subscribe", run=run, after=after, texts=texts)

    async def subscribe_all(self) -> None:
        """Follow everything that the caller may see, from now on."""
        await self._ask("subscribed", op="subscribe")

    async def unsubscribe(self, run: str) -> None:
        """Follow it no more."""
        await self._ask("unsubscribed", op="unsubscribe", run=run)

    async def __aiter__(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            await self._read()

    async def _ask(self, answer: str, **word: Any) -> dict[str, Any]:
        await self._connection.send(json.dumps(word))
        while True:
            said = await self._read()
            if said["op"] == answer:
                return said
            if said["op"] == "error":
                raise _refused(said)

    async def _read(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(await self._connection.recv())
        if said["op"] in ("events", "texts"):
            self._waiting.extend((said["root"], event) for event in said[said["op"]])
        return said


def _refused(said: Mapping[str, Any]) -> VrooliError:
    kind = Unreachable if said["code"] == "unavailable" else UsageError
    return kind(said["detail"], where=said["where"], next_step=said["next_step"])


def _ended(close: Any, where: str) -> VrooliError:
    if close is not None and close.code == UNAUTHORIZED:
        return AccessDenied(
            close.reason, where=where, next_step="log in again, or use another token"
        )
    return CutOff(close.reason if close is not None else "the connection broke", where=where)


def _not_taken(error: Exception, where: str) -> VrooliError:
    status = getattr(getattr(error, "response", None), "status_code", 0)
    if status in (401, 403):
        return AccessDenied(
            f"refused with HTTP status {status}",
            where=where,
            next_step="log in again, or use another token",
        )
    return Unreachable(f"no WebSocket was opened ({error})", where=where)
