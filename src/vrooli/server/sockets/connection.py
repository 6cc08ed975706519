"""One WebSocket: what its client asks, and what it is sent.

It asks for what comes next when the client has taken what came before: nothing piles up here for a
client that is slow, and one that takes nothing for too long is let go with a reason.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from vrooli.core.errors import UsageError, VrooliError
from vrooli.execution.live.live import Live
from vrooli.execution.runs.views import unknown_run
from vrooli.server.accounts.roles import Caller
from vrooli.server.rates import Bucket
from vrooli.server.sight import Sight
from vrooli.server.sockets.following import Everything, Several, Source, TooManyTrees
from vrooli.server.sockets.words import (
    AGAIN,
    SLOW,
    TOO_MUCH,
    UNAUTHORIZED,
    Auth,
    Ping,
    Subscribe,
    Unsubscribe,
    Word,
    said,
    understood,
)
from vrooli.server.staying import OVER

RETRY = 0.5
"""Seconds until the next try while PostgreSQL is away."""

_ONE_KIND = "a connection follows either runs by their names, or everything"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one connection.

    Attributes:
        auth: seconds for the first word, where no header said who it is.
        slow: seconds for taking one message.
        subscriptions: runs that are followed at once.
        words: of the client, a second; ten times as many at once.
    """

    auth: float = 10.0
    slow: float = 10.0
    subscriptions: int = 100
    words: float = 20.0


class _Ended(Exception):
    """It is over, and why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class Connection:
    """From the handshake to the end."""

    def __init__(self, socket: WebSocket, live: Live, sight: Sight, limits: Limits) -> None:
        self._socket, self._live, self._sight, self._limits = socket, live, sight, limits
        self._words = Bucket(limits.words, 10 * limits.words)
        self._woken = asyncio.Event()
        self._source: Source | None = None
        self._over = False

    async def run(self, caller: Caller | None, token: str = "") -> None:
        """Until the client leaves, or may not stay.

        Args:
            caller: who it is, where a header says so.
            token: what that one holds.
        """
        try:
            if caller is None:
                caller, token = await self._first_word()
            await self._send(said("ready"))
            with self._sight.stay(caller, token, self._sent_away):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._listen(caller))
                    group.create_task(self._tell())
        except* _Ended as ended:
            await self._close(ended)
        except* (WebSocketDisconnect, OSError):
            pass  # it left
        finally:
            if self._source is not None:
                self._source.close()

    def _sent_away(self) -> None:
        self._over = True
        self._woken.set()

    async def _first_word(self) -> tuple[Caller, str]:
        """Who it is, by the token in its first word."""
        try:
            async with asyncio.timeout(self._limits.auth):
                word = await self._heard()
        except TimeoutError:
            raise _Ended(UNAUTHORIZED, "nobody said who it is in time") from None
        except UsageError:
            word = Ping(op="ping")
        if isinstance(word, Auth) and (caller := await self._known(word.token)):
            return caller, word.token
        raise _Ended(UNAUTHORIZED, "a valid bearer token is needed, in `auth` or a header")

    async def _known(self, token: str) -> Caller | None:
        try:
            return await self._sight.caller(token)
        except VrooliError as error:
            raise _Ended(AGAIN, f"nobody can tell who it is: {error.what}"[:100]) from error

    async def _heard(self) -> Word:
        """What the client says next; `UsageError` when that is no word."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        if not self._words.take():
            raise _Ended(TOO_MUCH, "it says too much at once")
        return understood(message.get("text") or "")

    async def _listen(self, caller: Caller) -> None:
        while True:
            try:
                await self._answer(caller, await self._heard())
            except VrooliError as error:
                code = "bad_request" if isinstance(error, UsageError) else "unavailable"
                more = {"where": error.where, "next_step": error.next_step}
                await self._send(said("error", code=code, detail=error.what, **more))

    async def _answer(self, caller: Caller, word: Word) -> None:
        match word:
            case Subscribe(run=None):
                await self._everything(caller)
            case Subscribe(run=str(run)):
                await self._one(caller, run, word)
            case Unsubscribe():
                await self._no_more(word.run)
            case Ping():
                await self._send(said("pong"))
            case Auth():
                raise UsageError(
                    "it is known already who this is",
                    where="op",
                    next_step="its events come as they are",
                )

    async def _everything(self, caller: Caller) -> None:
        if self._source is not None:
            raise UsageError(_ONE_KIND, next_step="open a connection for it alone")
        self._source = source = Everything(self._live, self._woken, self._sight, caller)
        await source.begin()
        await self._send(said("subscribed", run=None))
        source.open()

    async def _one(self, caller: Caller, run: str, word: Subscribe) -> None:
        source = self._source or Several(self._live, self._woken)
        if not isinstance(source, Several):
            raise UsageError(_ONE_KIND, next_step="open a connection for it alone")
        if len(source) >= self._limits.subscriptions:
            most = self._limits.subscriptions
            raise UsageError(f"{most} runs are followed already", next_step="unsubscribe some")
        place = await self._live.store.place(run)
        if not await self._sight.may_see(caller, run):
            raise unknown_run(run)
        if place.root in source:
            raise UsageError(
                "its tree is followed already", where=run, next_step="its events come as they are"
            )
        self._source = source
        # Its client is to know what the events are of before they come.
        await self._send(said("subscribed", run=run, root=place.root, status=place.status))
        source.add(place.root, word.after, texts=word.texts)

    async def _no_more(self, run: str) -> None:
        if not isinstance(self._source, Several):
            raise UsageError("no run is followed", where=run, next_step="subscribe to one first")
        self._source.remove((await self._live.store.place(run)).root)
        await self._send(said("unsubscribed", run=run))

    async def _tell(self) -> None:
        while True:
            self._woken.clear()
            self._may_stay()
            try:
                if self._source is not None:
                    async for page in self._source.pages():
                        self._may_stay()
                        await self._send(page.text)
            except VrooliError:
                await asyncio.sleep(RETRY)
                continue
            except TooManyTrees:
                raise _Ended(AGAIN, "it was told of too many runs: connect again") from None
            await self._woken.wait()

    def _may_stay(self) -> None:
        if self._over:
            raise _Ended(UNAUTHORIZED, OVER)

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._limits.slow):
                await self._socket.send_text(text)
        except TimeoutError:
            raise _Ended(SLOW, f"it took nothing for {self._limits.slow:g} s") from None

    async def _close(self, ended: BaseExceptionGroup[_Ended]) -> None:
        why = ended.exceptions[0]
        assert isinstance(why, _Ended)
        with suppress(WebSocketDisconnect, OSError):
            await self._socket.close(why.code, why.reason)
