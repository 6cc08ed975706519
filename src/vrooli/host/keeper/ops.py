"""What the keeper can be asked for.

One function an operation; each returns the result or raises `Failure`.
"""

from __future__ import annotations

import os
import re
import time

from vrooli import __version__
from vrooli.host.keeper import proc, tree, wire
from vrooli.host.keeper.installation import installation
from vrooli.host.keeper.keeper import Keeper
from vrooli.host.keeper.launches import Exit, Launch
from vrooli.host.keeper.peer import Peer
from vrooli.host.keeper.spawn import check_spec
from vrooli.host.keeper.wire import Failure, Later

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Operation = Callable[[Keeper, Peer, dict[str, Any]], object]

_LAUNCH_ID = re.compile(r"[0-9a-f]{8,64}\Z")
HIGHEST_SIGNAL = 64
LATER = Later()


def handle(keeper: Keeper, peer: Peer, line: bytes) -> None:
    """Answer one request line."""
    request: dict[str, Any] = {}
    try:
        request = wire.decode(line)
        operation = _OPERATIONS.get(str(request.get("op")))
        if operation is None:
            raise Failure("ProtocolError", f"no such operation: {request.get('op')!r:.40}")
        result = operation(keeper, peer, request)
        if result is not LATER:
            peer.send(wire.answer(request.get("id"), result))
    except Failure as failure:
        peer.send(wire.refusal(request.get("id"), failure))
    except OSError as error:
        peer.send(wire.refusal(request.get("id"), Failure("VrooliError", f"the keeper: {error}")))


def _ping(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    own = proc.read_stat(os.getpid())
    watchdog = keeper.watch.launch
    return {
        "protocol": wire.VERSION,
        "version": __version__,
        "installation": installation(),
        "monotonic": time.monotonic(),
        "started_at": keeper.started_at,
        "identity": {
            "boot_id": keeper.boot_id,
            "pid": os.getpid(),
            "start_ticks": own.start_ticks if own is not None else 0,
        },
        "launches": len(keeper.table.services()),
        "record_error": keeper.record.error,
        "watching": keeper.watch.spec is not None,
        "managed": keeper.manager.present,
        "home": {"device": keeper.vigil.place.device, "inode": keeper.vigil.place.inode},
        "watchdog": None if watchdog is None else watchdog.to_json(),
    }


def _spawn(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    request_id = request.get("id")

    def done(launch: Launch | None, failure: Failure | None) -> None:
        if launch is not None:
            peer.send(wire.answer(request_id, launch.to_json()))
        elif failure is not None:
            peer.send(wire.refusal(request_id, failure))

    keeper.spawn(check_spec(request.get("spec")), done)
    return LATER


def _launches(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    return [launch.to_json() for launch in keeper.table.services()]


def _launch_id(request: dict[str, Any]) -> str:
    launch_id: str = wire.field(request, "launch_id", (str,), ...)
    if not _LAUNCH_ID.match(launch_id):
        raise Failure("ProtocolError", "launch_id: expected hexadecimal digits")
    return launch_id


def _known(keeper: Keeper, launch_id: str) -> Launch:
    launch = keeper.table.find(launch_id)
    if launch is None:  # long forgotten: only its marker can still be found
        launch = Launch(launch_id, "", "", 0.0)
        launch.session_over = True
    return launch


def _signal(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    launch_id = _launch_id(request)
    number: int = wire.field(request, "signal", (int,), ...)
    if not 1 <= number <= HIGHEST_SIGNAL:
        raise Failure("ProtocolError", f"signal: expected 1 to {HIGHEST_SIGNAL}, got {number}")
    if wire.field(request, "tree", (bool,), False):
        marker = keeper.spawner.marker(launch_id)
        return tree.signal_tree(_known(keeper, launch_id), marker, number)
    launch = keeper.table.alive.get(launch_id)
    if launch is None:
        return 0
    try:
        return int(proc.send(launch.pid, launch.start_ticks, number))
    except PermissionError as error:
        what = f"may not signal {launch.service} ({launch.pid})"
        raise Failure("AccessDenied", what, "it runs as another user") from error


def _survivors(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    launch_id = _launch_id(request)
    found = tree.members(_known(keeper, launch_id), keeper.spawner.marker(launch_id))
    return [
        {"boot_id": keeper.boot_id, "pid": stat.pid, "start_ticks": stat.start_ticks}
        for stat in found
    ]


def _exits(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    after: int = wire.field(request, "after", (int,), 0)
    peer.send(wire.answer(request.get("id"), {"next_seq": keeper.table.next_seq}))
    for ended in list(keeper.table.exits):
        if ended.seq > after:
            peer.send(wire.encode({"event": "exit", **ended.to_json()}))
    peer.follows = True
    return LATER


def _wait(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    launch_id = _launch_id(request)
    request_id = request.get("id")
    ended = keeper.table.find_exit(launch_id)
    if ended is not None:
        return ended.to_json()
    if launch_id not in keeper.table.alive:
        raise Failure("UsageError", f"no launch {launch_id} is known", "ask which there are")

    def tell(ended: Exit) -> None:
        peer.send(wire.answer(request_id, ended.to_json()))

    keeper.table.when_ended(launch_id, tell)
    return LATER


def _shutdown(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    force: bool = wire.field(request, "force", (bool,), False)
    running = sorted({launch.service for launch in keeper.table.services()})
    if running and not force:
        raise Failure("Refused", f"still running: {', '.join(running)}", "stop them first")
    keeper.loop.running = False
    return None


def _leave(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    why: str = wire.field(request, "why", (str,), ...)
    keeper.leave(why, watchdog_first=False)
    return None


def _watch(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    spec = check_spec(request.get("spec"))
    timeout = float(wire.field(request, "heartbeat_timeout", (float, int), 1.5))
    adopt: bool = wire.field(request, "adopt", (bool,), False)
    if not 0.1 <= timeout <= 3600:
        raise Failure("ProtocolError", "heartbeat_timeout: expected 0.1 to 3600 seconds")
    request_id = request.get("id")
    watch = keeper.watch
    failures: list[Failure] = []

    def settled() -> None:
        if watch.launch is not None:
            peer.send(wire.answer(request_id, watch.launch.to_json()))
        else:
            unknown = Failure("StartFailed", "the watchdog did not start", "see the keeper's log")
            why = failures[0] if failures else unknown
            peer.send(wire.refusal(request_id, why))

    if adopt:
        _adopt(keeper, peer, spec)
    watch.mind(spec, timeout)
    watch.ensure(failures.append)
    watch.when_settled(settled)
    keeper.save()
    return LATER


def _adopt(keeper: Keeper, peer: Peer, spec: dict[str, Any]) -> None:
    """The caller is the watchdog, left over from an earlier keeper or started by hand."""
    current = keeper.watch.launch
    if current is not None and (current.pid, current.start_ticks) != (peer.pid, peer.start_ticks):
        what = f"another watchdog is minded: process {current.pid}"
        raise Failure("Busy", what, "leave it to that one, or end it by `vrooli stop autoheal`")
    if current is None:
        keeper.watch.launch = keeper.adopt_caller(peer, spec)


def _unwatch(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    keeper.watch.stop()

    def settled() -> None:
        launch = keeper.watch.launch
        peer.send(wire.answer(request.get("id"), None if launch is None else launch.to_json()))

    keeper.watch.when_settled(settled)
    return LATER


def _heartbeat(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    launch = keeper.watch.launch
    if launch is None or (launch.pid, launch.start_ticks) != (peer.pid, peer.start_ticks):
        what = f"process {peer.pid} is not the watchdog that is minded"
        raise Failure("Refused", what, "leave it to that one")
    keeper.watch.beat(time.monotonic())
    return keeper.watch.spec is not None


def _watchdog_endings(keeper: Keeper, peer: Peer, request: dict[str, Any]) -> object:
    after: int = wire.field(request, "after", (int,), 0)
    return [ending for ending in keeper.watch.endings if ending["seq"] > after]


_OPERATIONS: dict[str, Operation] = {
    "ping": _ping,
    "spawn": _spawn,
    "launches": _launches,
    "signal": _signal,
    "survivors": _survivors,
    "exits": _exits,
    "wait": _wait,
    "shutdown": _shutdown,
    "leave": _leave,
    "watch": _watch,
    "unwatch": _unwatch,
    "heartbeat": _heartbeat,
    "watchdog_endings": _watchdog_endings,
}
