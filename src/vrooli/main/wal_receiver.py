"""Composition root of a receiver of WAL (`python -m vrooli.main.wal_receiver`): it keeps a slot,
runs pg_receivewal, has commits wait for it where they shall, and writes down how it is. The
password comes by PGPASSWORD.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from vrooli.core.address import UnixPath
from vrooli.core.errors import NoRoom, VrooliError
from vrooli.host.child import Child
from vrooli.host.streams import AsyncioStreams
from vrooli.stack.postgres.cluster import ENV, SUPERUSER
from vrooli.stack.postgres.wal import following
from vrooli.stack.postgres.wal.following import DROP_SLOT, FACTS, TAKE_SLOT, Facts
from vrooli.stack.postgres.wal.names import SLOT
from vrooli.stack.postgres.wal.reserving import reserve
from vrooli.stack.postgres.wal.status import Received, received_written
from vrooli.stack.postgres.wal.streams import NOTE, STATUS, Stream, begin, streams_in
from vrooli.stack.wire import postgres
from vrooli.stack.wire.dsn import Dsn

_TOLD = 2.0
"""Seconds of lag that are none: the receiver says only once a second how far it is."""

PAUSE = 0.5
"""Seconds between two looks."""

_ANSWER = 5.0
"""Seconds that the server may take to answer."""

_RELOAD = "SELECT pg_reload_conf()"
_WAIT = {
    "suspend": ("ALTER SYSTEM SET synchronous_standby_names = ''", _RELOAD),
    "resume": ("ALTER SYSTEM RESET synchronous_standby_names", _RELOAD),
}
_KEPT = "SELECT json_agg(name) FROM pg_ls_waldir()"


class WalReceiver:
    """Of one server.

    Args:
        folder: where everything goes.
        programs: folder of pg_receivewal.
        sockets: folder of the server's socket.
        port: names it.
        synchronous: whether commits shall wait.
    """

    def __init__(
        self, folder: Path, programs: Path, sockets: Path, port: int, *, synchronous: bool
    ) -> None:
        self._folder, self._programs, self._sockets = folder, programs, sockets
        self._port, self._synchronous = port, synchronous
        self._password = os.environ.get("PGPASSWORD", "")
        address = UnixPath(str(sockets / f".s.PGSQL.{port}"))
        self._dsn = Dsn(address, SUPERUSER, self._password, "postgres")
        self._child: Child | None = None
        self._began = 0.0
        self._streaming, self._since = False, time.monotonic()
        self._stream: Stream | None = None
        self._gap: tuple[float, str] = (0.0, "")
        self._stuck = ""
        self._written = deque[tuple[float, int]]()

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(PAUSE)
        finally:
            await self._end()

    async def _look(self) -> None:
        try:
            async with asyncio.timeout(_ANSWER):
                facts = following.facts_of(await self._ask(FACTS))
                await self._follow(facts)
        except (VrooliError, TimeoutError, OSError) as error:
            why = error.what if isinstance(error, VrooliError) else str(error) or "no answer"
            self._turned(streaming=False)
            self._tell(Received(time.time(), 0.0, streaming=False, why=why))

    async def _follow(self, facts: Facts) -> None:
        now = time.monotonic()
        alive = self._child is not None and self._child.ended is None
        if alive and (facts.silent > following.SILENT or self._is_mute(facts, now)):
            _say("the receiver hangs: it is ended, and started again")
            assert self._child is not None
            await self._child.end(hard=True)
        streaming = alive and facts.streaming and facts.silent <= following.SILENT
        self._turned(streaming=streaming)
        lag = self._lag_seconds(facts, now)
        if streaming and self._stream is not None:
            seen = time.time() - (lag if lag > _TOLD else 0.0)
            os.utime(Path(self._stream.folder) / NOTE, (seen, seen))
        kept_up = streaming and lag < following.PATIENCE
        spell = now - self._since
        turn = following.waiting(
            facts,
            self._synchronous,
            spell if kept_up else 0.0,
            lag if streaming else spell,
        )
        if turn is not None:
            await self._turn(turn)
        if not alive:  # last: whatever keeps it from starting, nobody waits for it longer
            await self._start_if_room(facts)
        self._tell(self._seen(facts, lag))

    def _is_mute(self, facts: Facts, now: float) -> bool:
        return facts.received is None and now - self._began > following.SILENT

    async def _start_if_room(self, facts: Facts) -> None:
        before, self._stuck = self._stuck, ""
        try:
            await self._start(facts)
        except NoRoom as error:
            self._stuck = error.what
            if not before:
                _say(error.what)

    async def _start(self, facts: Facts) -> None:
        """Slot, folder, program."""
        if self._child is not None:
            _say(f"the receiver ended with {self._child.ended}")
            self._child = None
        folder = self._folder / facts.system
        folder.mkdir(mode=0o700, exist_ok=True)
        known = streams_in(folder)
        kept = await self._ask(_KEPT) or []
        place = following.place(facts, known, kept, time.time())
        target = folder / place.stream
        if place.begun:  # first: a slot that is there again says nothing of the one that was lost
            begin(target, place.begun, place.gap)
            if place.gap:
                _say(f"{place.gap}: there is a gap, take a new restore point")
        if facts.slot == "lost":
            await self._ask(DROP_SLOT)
        if not facts.is_kept:
            await self._ask(TAKE_SLOT)
        known = streams_in(folder)
        self._stream = next(one for one in known if one.name == place.stream)
        gaps = [(one.begun, one.gap) for one in known if one.gap]
        self._gap = max(gaps, default=(0.0, ""))
        await asyncio.to_thread(reserve, self._stream, facts.size)
        self._began = time.monotonic()
        self._child = await Child.start(self._argv(target), self._environment())

    def _argv(self, target: Path) -> tuple[str, ...]:
        return (
            str(self._programs / "pg_receivewal"),
            f"--directory={target}",
            f"--slot={SLOT}",
            "--no-loop",
            "--no-password",
            "--status-interval=1",
            *(("--synchronous",) if self._synchronous else ()),
            f"--host={self._sockets}",
            f"--port={self._port}",
            f"--username={SUPERUSER}",
        )

    def _environment(self) -> dict[str, str]:
        return {**ENV, "PGPASSWORD": self._password, "PGAPPNAME": SLOT}

    async def _turn(self, turn: str) -> None:
        said = {
            "suspend": "commits do not wait for the receiver any more: it is not there",
            "resume": "commits wait for the receiver again",
        }
        await postgres.query(AsyncioStreams(), self._dsn, *_WAIT[turn])
        if self._synchronous:
            _say(said[turn])

    async def _ask(self, statement: str) -> Any:
        row = await postgres.query(AsyncioStreams(), self._dsn, statement)
        return json.loads(row.columns[0] or "null") if row.columns else None

    def _turned(self, *, streaming: bool) -> None:
        if streaming is not self._streaming:
            self._streaming, self._since = streaming, time.monotonic()

    def _lag_seconds(self, facts: Facts, now: float) -> float:
        """Since when the server has written what the receiver has not."""
        self._written.append((now, facts.written))
        received = facts.received or 0
        while len(self._written) > 1 and self._written[1][1] <= received:
            self._written.popleft()
        missing = [at for at, written in self._written if written > received]
        return now - missing[0] if missing else 0.0

    def _seen(self, facts: Facts, lag: float) -> Received:
        return Received(
            at=time.time(),
            since=0.0,
            streaming=self._streaming,
            why="" if self._streaming else self._stuck or "it is not connected yet",
            system=facts.system,
            stream=self._stream.name if self._stream else "",
            written=facts.written,
            received=facts.received or 0,
            lag_bytes=facts.lag or 0,
            lag_seconds=round(lag, 1),
            slot=facts.slot,
            room=facts.room,
            waits=facts.waits,
        )

    def _tell(self, seen: Received) -> None:
        """Nobody needs it after a power cut: it is written anew every moment."""
        seen = replace(
            seen,
            since=time.time() - (time.monotonic() - self._since),
            synchronous=self._synchronous,
            gap=self._gap[0],
            gap_why=self._gap[1],
        )
        path, said = self._folder / STATUS, received_written(seen).encode()
        temporary = path.with_name(f".{STATUS}.tmp")
        try:
            temporary.write_bytes(said)
            temporary.replace(path)
        except OSError:
            _overwrite(path, said)

    async def let_go(self) -> None:
        """Have nobody wait for us."""
        async with asyncio.timeout(_ANSWER):
            await self._turn("suspend")

    async def _end(self) -> None:
        if self._synchronous:
            with suppress(VrooliError, TimeoutError):
                await self.let_go()
        if self._child is not None and self._child.ended is None:
            await self._child.end()


def _overwrite(path: Path, content: bytes) -> None:
    """On a full disk the room that the file has already is all that there is: just then people have
    to hear how it is. Where that fails too, what is told is old, which is said of it.
    """
    with suppress(OSError), path.open("r+b") as file:
        file.write(content)
        file.truncate()


def _say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")
    sys.stderr.flush()


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(prog="vrooli.main.wal_receiver")
    for name in ("folder", "programs", "sockets"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--synchronous", action="store_true")
    said = parser.parse_args()
    receiver = WalReceiver(**vars(said))
    if said.synchronous:
        _watched_over(receiver)
    asyncio.run(_until_told(receiver))
    return 0


def _watched_over(receiver: WalReceiver) -> None:
    """Leave a child behind that has commits wait no more once we were killed and nobody took our
    place: whoever starts us again ends it first.
    """
    read, write = os.pipe()
    if os.fork():
        os.close(read)  # the other end is closed when we are gone, however that was
        return
    os.close(write)
    os.read(read, 1)
    time.sleep(following.PATIENCE)
    with suppress(VrooliError, TimeoutError):
        asyncio.run(receiver.let_go())
    os._exit(0)


async def _until_told(receiver: WalReceiver) -> None:
    running = asyncio.ensure_future(receiver.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with suppress(asyncio.CancelledError):
        await running


if __name__ == "__main__":
    raise SystemExit(main())
