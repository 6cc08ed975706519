"""Port `Keeper` over the keeper's unix socket: a connection for requests, one a stream of exits."""

import asyncio
import contextlib
import itertools
import json
import signal as signals
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from vrooli.core import errors
from vrooli.core.errors import DeadlineExceeded, ProtocolError, Unreachable, VrooliError
from vrooli.core.identity import Identity
from vrooli.core.launch import Exit, Launch, LaunchSpec
from vrooli.core.ports.keeper import CaughtUp, nobody_waits
from vrooli.stack.trees import spawned

ANSWER = 5.0  # seconds; the keeper never waits for anything, so this is long
STARTED = 15.0  # seconds; longer than the keeper gives a process to reach exec
LINE = 4 << 20  # bytes; the list of 512 launches is a tenth of it
KILLED = 10.0  # seconds that a killed process may take to be gone
_NEXT = "start it with `vrooli up`"


class KeeperClient:
    """A connection to the keeper of one home, made by `connect`. Reconnecting is the caller's.

    Every method raises `Unreachable` when the keeper is gone, and when it does not answer in time
    (killed, stopped).
    """

    def __init__(
        self, path: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._path = path
        self._writer = writer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._receiver = asyncio.create_task(self._receive(reader), name="keeper client")

    @classmethod
    async def connect(cls, path: Path, deadline: float = 1.0) -> "KeeperClient":
        """Connect to the socket at `path` within `deadline` seconds."""
        reader, writer = await _open(path, deadline)
        return cls(path, reader, writer)

    async def __aenter__(self) -> "KeeperClient":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up; requests that wait for an answer end with `Unreachable`."""
        self._receiver.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._receiver
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    @property
    def closed(self) -> bool:
        """Whether the keeper has hung up."""
        return self._receiver.done()

    # The port

    async def spawn(self, spec: LaunchSpec) -> Launch:
        """Start a process; `StartFailed` says why exec failed."""
        return Launch.from_json(await self._ask("spawn", STARTED, spec=spec.to_json()))

    async def launches(self) -> Sequence[Launch]:
        """All recorded launches that are alive; the watchdog is none of them (see `ping`)."""
        return [Launch.from_json(item) for item in await self._ask("launches")]

    async def signal(self, launch_id: str, signal: int, *, tree: bool = False) -> int:
        """Signal the recorded process, or it and its living descendants; the number reached."""
        answer = await self._ask("signal", launch_id=launch_id, signal=int(signal), tree=tree)
        return int(answer)

    async def survivors(self, launch_id: str) -> Sequence[Identity]:
        """The recorded process and its descendants, those alive; the recorded one first."""
        answer = await self._ask("survivors", launch_id=launch_id)
        return [Identity.from_json(item) for item in answer]

    async def exits(
        self, after: int = 0, caught_up: CaughtUp = nobody_waits
    ) -> AsyncIterator[Exit]:
        """Endings with `seq` greater than `after`, for ever; `Unreachable` when the keeper goes."""
        reader, writer = await _open(self._path, ANSWER)
        try:
            writer.write(_line({"id": 0, "op": "exits", "after": after}))
            last = int(_result(await _read(reader, self._path), self._path)["next_seq"]) - 1
            if after >= last:
                caught_up()
            while True:
                message = await _read(reader, self._path)
                if message.get("event") == "exit":
                    yield Exit.from_json(message)
                    if message["seq"] == last:  # taken: the next one is wanted
                        caught_up()
                else:
                    _result(message, self._path)
        finally:
            writer.close()

    async def remembered(self) -> Sequence[Exit]:
        """The endings that the keeper remembers now, the oldest first."""
        found: list[Exit] = []
        reader, writer = await _open(self._path, ANSWER)
        try:
            async with asyncio.timeout(ANSWER):
                writer.write(_line({"id": 0, "op": "exits", "after": 0}))
                answer = await _read(reader, self._path)
                if "error" in answer:
                    raise _error(answer["error"], self._path)
                last = int(answer["result"]["next_seq"]) - 1
                while (found[-1].seq if found else 0) < last:
                    found.append(Exit.from_json(await _read(reader, self._path)))
        except TimeoutError as error:
            raise Unreachable("the keeper did not answer", where=str(self._path)) from error
        finally:
            writer.close()
        return found

    async def run(self, spec: LaunchSpec, timeout: float) -> Exit:  # noqa: ASYNC109 -- see the port
        """Run a process to its end.

        After `timeout` seconds, or when the caller is cancelled, its tree is killed.
        """
        launch = await spawned(self.spawn(spec), self._kill)
        ended = False
        try:
            answer = await self._ask("wait", timeout, late=False, launch_id=launch.launch_id)
            ended = True
            return Exit.from_json(answer)
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"{spec.service} did not end within {timeout:g} s and was killed",
                where=spec.log_path,
                next_step="see the last lines of its log",
            ) from error
        finally:
            if not ended:
                with contextlib.suppress(VrooliError):
                    await self._kill(launch)

    async def _kill(self, launch: Launch) -> None:
        await self.signal(launch.launch_id, signals.SIGKILL, tree=True)
        await self._ask("wait", KILLED, launch_id=launch.launch_id)

    # Beyond the port

    async def ping(self, deadline: float = 1.0) -> dict[str, Any]:
        """Itself: identity, home, version, monotonic, launches, record_error, watching,
        watchdog.
        """
        answer: dict[str, Any] = await self._ask("ping", deadline)
        return answer

    async def watch(
        self, spec: LaunchSpec, heartbeat_timeout: float = 1.5, *, adopt: bool = False
    ) -> Launch:
        """Have the watchdog started, and again whenever it ends or hangs.

        Args:
            spec: of the watchdog; kept in the keeper's memory only, so a new keeper must be told
                again.
            heartbeat_timeout: seconds without a heartbeat, after the first one, that mean hung.
            adopt: the caller itself is the watchdog; `Busy` when another one is minded.
        """
        answer = await self._ask(
            "watch", STARTED, spec=spec.to_json(), heartbeat_timeout=heartbeat_timeout, adopt=adopt
        )
        return Launch.from_json(answer)

    async def unwatch(self) -> Launch | None:
        """Stop minding the watchdog; the one that runs on, for the caller to stop by `signal`."""
        answer = await self._ask("unwatch", STARTED)
        return None if answer is None else Launch.from_json(answer)

    async def heartbeat(self) -> bool:
        """The calling process, the minded watchdog, lives.

        False when it is known but not minded (after `unwatch`).
        """
        return bool(await self._ask("heartbeat"))

    async def watchdog_endings(self, after: int = 0) -> Sequence[dict[str, Any]]:
        """How watchdogs ended, after `seq`: {seq, at, how, replaced_after_seconds} each."""
        answer: list[dict[str, Any]] = await self._ask("watchdog_endings", after=after)
        return answer

    async def shutdown(self, *, force: bool = False) -> None:
        """End the keeper, never its services; `Refused` while any run, unless `force`."""
        await self._ask("shutdown", force=force)

    async def leave(self, why: str) -> None:
        """Have the keeper stop all that it has started, in its own way, and end.

        Returns at once; the connection closes with the keeper.

        Args:
            why: for the logs; one sentence without a final full stop.
        """
        await self._ask("leave", why=why)

    # The wire

    async def _ask(
        self, op: str, deadline: float = ANSWER, *, late: bool = True, **fields: object
    ) -> Any:
        if self._receiver.done():
            raise Unreachable("the keeper has hung up", where=str(self._path), next_step=_NEXT)
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._writer.write(_line({"id": number, "op": op, **fields}))
            async with asyncio.timeout(deadline):
                return await future
        except TimeoutError as error:
            if not late:
                raise
            raise Unreachable(
                f"the keeper did not answer `{op}` within {deadline:g} s",
                where=str(self._path),
                next_step="it is stopped or the machine is overloaded",
            ) from error
        finally:
            del self._waiting[number]

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        failure: VrooliError = Unreachable("the connection was closed", where=str(self._path))
        try:
            while True:
                self._settle(await _read(reader, self._path))
        except VrooliError as error:
            failure = error
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(failure)

    def _settle(self, message: dict[str, Any]) -> None:
        if message.get("id") is None:  # not an answer: the keeper turns this connection away
            raise _error(message.get("error", {}), self._path)
        future = self._waiting.get(message["id"])
        if future is None or future.done():  # answered after its deadline
            return
        try:
            future.set_result(_result(message, self._path))
        except VrooliError as error:
            future.set_exception(error)


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


async def _open(path: Path, deadline: float) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(deadline):
            return await asyncio.open_unix_connection(path, limit=LINE)
    except (OSError, TimeoutError) as error:
        reason = getattr(error, "strerror", None) or f"no answer within {deadline:g} s"
        what = f"no keeper answers: {reason}"
        raise Unreachable(what, where=str(path), next_step=_NEXT) from error


async def _read(reader: asyncio.StreamReader, path: Path) -> dict[str, Any]:
    try:
        line = await reader.readline()
    except (OSError, ValueError) as error:
        raise Unreachable(f"the keeper is gone: {error}", where=str(path)) from error
    if not line.endswith(b"\n"):
        raise Unreachable("the keeper is gone", where=str(path), next_step=_NEXT)
    try:
        message = json.loads(line)
    except ValueError as error:
        raise ProtocolError(f"the keeper sent no JSON: {error}", where=str(path)) from error
    if not isinstance(message, dict):
        raise ProtocolError("the keeper sent something else than an object", where=str(path))
    return message


def _result(message: dict[str, Any], path: Path) -> Any:
    if "error" in message:
        raise _error(message["error"], path)
    return message["result"]


def _error(error: dict[str, Any], path: Path) -> VrooliError:
    kind = getattr(errors, str(error.get("kind")), VrooliError)
    if not (isinstance(kind, type) and issubclass(kind, VrooliError)):
        kind = VrooliError
    what, next_step = str(error.get("what", "refused")), str(error.get("next_step", ""))
    translated: VrooliError = kind(what, next_step=next_step)
    return translated
