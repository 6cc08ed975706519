"""Port `Manager` by the HTTP API of the Docker Engine, over its socket.

Whatever it tells is looked up anew: an event only says that there is something to look at. So
events that were lost, come twice or come late do no harm, and an Engine that is being shut down,
which stops its containers as `docker stop` does, answers nobody who could take that for a wish.

Our own stop is made of signals: the Engine tells of a `stop` only when somebody else asked for it.
"""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import aclosing, suppress
from typing import Any
from urllib.parse import quote, urlencode

from vrooli.client.wire import Response
from vrooli.core.address import UnixPath
from vrooli.core.errors import DeadlineExceeded, ProtocolError, StartFailed, VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.manager import Held
from vrooli.core.ports.streams import Streams
from vrooli.host import docker_log, docker_state
from vrooli.host.docker_state import Story
from vrooli.stack.wire import engine, http

ANSWER = 3.0
"""Seconds for an answer of the Engine."""

STARTS = 60.0
"""Seconds in which it must have started a container: it may have to set up networks and volumes."""

KILLED = 10.0
"""Seconds that a killed container may take to be gone."""

AGAIN = 0.5
"""Seconds between attempts to reach an Engine that has gone away."""

REMEMBERED = 3600.0
"""Seconds for which the end of a container that is gone is asked for. The Engine keeps its latest
256 events only (daemon/events/events.go)."""

SIGNALS = 16
"""As many of our latest signals to a container are remembered. With more in one run its end is
taken for one that somebody else may have asked for, and waits until it is decided."""

EVENTS = ("start", "die", "stop", "kill", "destroy", "rename", "pause", "unpause", "health_status")


class DockerManager:
    """The Engine that listens where `socket` says, asked anew each time: settings may change.
    `answer` is how many seconds it gets for one.
    """

    def __init__(
        self, streams: Streams, clock: Clock, socket: Callable[[], str], answer: float = ANSWER
    ) -> None:
        self._streams, self._clock, self._socket = streams, clock, socket
        self._answer = answer
        self._signalled: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=SIGNALS))

    async def look(self, name: str) -> Held:
        """See the port."""
        told = await self._inspect(name)
        now = self._clock.wall()
        try:
            if told is None:
                return docker_state.missing(name, await self._story(name, now - REMEMBERED))
            story = Story(())
            if docker_state.has_ended(told):
                began = docker_state.unix(str(told["State"]["StartedAt"]))
                ours = sum(1 for at in self._signalled[name] if at >= began)
                story = await self._story(str(told["Id"]), began, ours)
            return docker_state.held(name, told, story, now)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._strange(f"of {name}: {error}") from error

    async def start(self, name: str) -> None:
        """See the port."""
        answer = await self._post(name, "start", seconds=STARTS)
        if answer.status not in (204, 304):
            raise StartFailed(
                _said(answer),
                where=name,
                retryable=True,
                next_step=f"`docker logs {name}` and `docker inspect {name}` show more",
            )

    async def stop(self, name: str, seconds: float) -> None:
        """See the port."""
        told = await self._inspect(name)
        if told is None:
            return
        config = told.get("Config") or {}
        await self._kill(name, str(config.get("StopSignal") or "SIGTERM"))
        if await self._gone(name, seconds):
            return
        await self._kill(name, "SIGKILL")
        if not await self._gone(name, KILLED):
            raise DeadlineExceeded("it does not end although it was killed", where=name)

    async def signal(self, name: str, signal: int) -> None:
        """See the port."""
        await self._kill(name, str(signal))

    async def tail(self, name: str, lines: int) -> list[str]:
        """See the port. A driver that only sends logs away gives none back."""
        told = await self._inspect(name) if lines > 0 else None
        if told is None:
            return []
        query = urlencode({"stdout": 1, "stderr": 1, "tail": lines})
        path = f"/containers/{quote(name, safe='')}/logs?{query}"
        end = docker_log.End(terminal=bool((told.get("Config") or {}).get("Tty")))
        asked = http.hear(self._streams, self._address, path, end.feed)
        status = await engine.answered(asked, self._address, self._answer)
        return end.lines(lines) if status == 200 else []

    async def follow(self, names: Collection[str]) -> AsyncIterator[Held]:
        """See the port."""
        while True:
            with suppress(VrooliError):
                async with aclosing(self._followed(frozenset(names))) as news:
                    async for held in news:
                        yield held
            await self._clock.sleep(AGAIN)

    async def _followed(self, names: frozenset[str]) -> Any:
        news: asyncio.Queue[str] = asyncio.Queue()
        for name in sorted(names):
            news.put_nowait(name)
        work = {asyncio.create_task(self._hear(names, news))}
        try:
            while name := await news.get():
                try:
                    held = await self.look(name)
                except ProtocolError:  # of this one only; the others are heard on
                    continue
                if held.phase == "stopping":
                    work.add(asyncio.create_task(self._decide(name, news)))
                yield held
        finally:
            for task in work:
                task.cancel()
            await asyncio.wait(work)

    async def _hear(self, names: frozenset[str], news: "asyncio.Queue[str]") -> None:
        """Name what something happened to; an empty name when the Engine has gone away."""
        filters = {"type": ["container"], "event": EVENTS}
        since = int(self._clock.wall()) - 1  # it subscribes a moment after it has answered
        query = urlencode({"since": since, "filters": json.dumps(filters)})
        try:
            lines = http.lines(self._streams, self._address, f"/events?{query}")
            async with aclosing(lines) as heard:
                async for line in heard:
                    for name in names & _names(line):
                        news.put_nowait(name)
        finally:
            news.put_nowait("")

    async def _decide(self, name: str, news: "asyncio.Queue[str]") -> None:
        await self._clock.sleep(docker_state.DECIDED)
        news.put_nowait(name)

    async def _story(self, container: str, since: float, ours: int = 0) -> Story:
        filters = {
            "type": ["container"],
            "container": [container],
            "event": ["start", "kill", "stop"],
        }
        span = {"since": f"{since:.9f}", "until": f"{self._clock.wall():.9f}"}
        query = urlencode({**span, "filters": json.dumps(filters)})
        answer = await self._ask("GET", f"/events?{query}")
        if answer.status != 200:
            raise self._strange(f"HTTP {answer.status}: {_said(answer)}")
        return Story([json.loads(line) for line in answer.body.splitlines() if line], ours)

    async def _inspect(self, name: str) -> dict[str, Any] | None:
        answer = await self._ask("GET", f"/containers/{quote(name, safe='')}/json")
        if answer.status == 404:
            return None
        told = answer.lenient()
        if answer.status != 200 or not isinstance(told, dict):
            raise self._strange(f"HTTP {answer.status}: {_said(answer)}")
        return told

    async def _kill(self, name: str, signal: str) -> None:
        """One that is not there (404) or does not run (409) needs none."""
        began = self._clock.wall()
        answer = await self._post(name, f"kill?{urlencode({'signal': signal})}")
        if answer.status == 204:
            self._signalled[name].append(began)
        elif answer.status not in (404, 409):
            raise self._strange(f"HTTP {answer.status}: {_said(answer)}")

    async def _gone(self, name: str, seconds: float) -> bool:
        try:
            await self._post(name, "wait?condition=not-running", seconds=seconds)
        except DeadlineExceeded:
            return False
        return True

    async def _post(self, name: str, what: str, seconds: float = 0.0) -> Response:
        return await self._ask("POST", f"/containers/{quote(name, safe='')}/{what}", seconds)

    async def _ask(self, method: str, path: str, seconds: float = 0.0) -> Response:
        seconds = seconds or self._answer
        return await engine.ask(self._streams, self._address, path, seconds, method)

    @property
    def _address(self) -> UnixPath:
        return UnixPath(self._socket())

    def _strange(self, what: str) -> ProtocolError:
        return ProtocolError(f"the Docker Engine says {what}", where=str(self._address))


def _names(line: bytes) -> frozenset[str]:
    """By which the container of an event is known, or was before it was renamed."""
    try:
        attributes = json.loads(line)["Actor"]["Attributes"]
        found = (str(attributes.get(key) or "").lstrip("/") for key in ("name", "oldName"))
        return frozenset(found)
    except (ValueError, KeyError, TypeError, AttributeError):
        return frozenset()


def _said(answer: Response) -> str:
    told = answer.lenient()
    said = told.get("message") if isinstance(told, dict) else None
    return " ".join(str(said or f"HTTP {answer.status}").split())[:500]
