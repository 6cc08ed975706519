"""The keeper's state: what runs, what ended, who listens. `ops` is what it can be asked for."""

from __future__ import annotations

import os
import signal
import socket
import time

from vrooli.host.keeper import proc, wire
from vrooli.host.keeper.clerk import Clerk
from vrooli.host.keeper.launches import Launch, Table
from vrooli.host.keeper.leaving import Leaving
from vrooli.host.keeper.listening import Listening
from vrooli.host.keeper.log import log
from vrooli.host.keeper.loop import Loop
from vrooli.host.keeper.notify import Manager
from vrooli.host.keeper.peer import Peer
from vrooli.host.keeper.place import Place
from vrooli.host.keeper.record import Record
from vrooli.host.keeper.respec import spec_of
from vrooli.host.keeper.shout import shout
from vrooli.host.keeper.spawn import Spawner
from vrooli.host.keeper.tree import session_is_over
from vrooli.host.keeper.vigil import Vigil
from vrooli.host.keeper.watch import Watch
from vrooli.host.keeper.wire import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MAX_REAPS = 512  # in one round, so that a storm of orphans cannot keep clients waiting
MAX_LAUNCHES = (
    512  # alive at a time: a client that spawns in a circle must not take the machine down
)
HEARTBEAT = 1.5  # seconds, until the watchdog says its own
SAVE_AGAIN = 5.0  # seconds after which a record that could not be written is tried again


class Keeper:
    """Parent of all services of one home.

    Args:
        record: what an earlier keeper left behind.
        home_id: tells our processes from those of another home.
        place: the home.
        run: its run folder.
    """

    def __init__(self, record: Record, home_id: str, place: Place, run: str) -> None:
        self.loop = Loop(self._signalled, self._was_late)
        self.record = record
        self.clerk = Clerk(record)
        self.boot_id = proc.boot_id()
        self.table = Table()
        self.spawner = Spawner(self.loop, home_id, self.boot_id)
        self.watch = Watch(self._start_watchdog, self.loop.after)
        self.vigil = Vigil(place, self.loop, self._home_is_lost, self._ousted)
        self.leaving: Leaving | None = None
        self.run_folder = run
        self.peers: set[Peer] = set()
        self.started_at = time.time()
        self.manager = Manager({})
        self._charge: dict[str, Any] | None = None

    def serve_under(self, manager: Manager, watchdog: dict[str, Any]) -> None:
        """Before `run`: tell `manager` how it is, and mind `watchdog` unless one lives."""
        self.manager, self._charge = manager, watchdog

    def run(self, listening: Listening, on_line: Callable[[Peer, bytes], None]) -> None:
        """Adopt what runs, then serve until SIGTERM or `shutdown`."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.loop.catch((signal.SIGCHLD, signal.SIGTERM, signal.SIGINT))
        self._adopt_recorded()
        if self._charge is not None and self.watch.spec is None:
            self.watch.mind(self._charge, HEARTBEAT)
            self.watch.ensure()
        self.vigil.begin()
        listening.begin(self.loop, lambda listener: self._accept(listener, on_line))
        self.manager.ready()
        if self.manager.pause:
            self.loop.after(self.manager.pause, self._sign_of_life)
        self.loop.run()
        self.manager.stopping()
        self.clerk.close()
        self.vigil.close()

    def _sign_of_life(self) -> None:
        """Ours stands for the watchdog's as well: without beats the manager starts us anew."""
        pause = self.manager.pause
        self.loop.after(pause, self._sign_of_life)
        services = f"{len(self.table.services())} processes"
        if self.leaving is not None:
            self.manager.alive(f"{services}; stopping all of them: the home is gone")
        elif self.watch.spec is None:
            self.manager.alive(f"{services}; no watchdog, as an operator wants it")
        elif self.watch.beaten(time.monotonic() - pause):
            self.manager.alive(f"{services}; the watchdog is well")
        else:
            self.manager.silent(f"{services}; no sign of life from the watchdog")

    # What runs and ends

    def spawn(
        self,
        spec: dict[str, Any],
        done: Callable[[Launch | None, Failure | None], None],
        minded: bool = False,
    ) -> None:
        """Start a process; `done` gets the launch or the failure. Recorded first: none is lost."""
        if len(self.table.alive) + len(self.spawner.starting) >= MAX_LAUNCHES:
            raise Failure("Refused", f"{MAX_LAUNCHES} processes run already", "stop some first")
        if self.leaving is not None:
            what = "this keeper stops all that it has started, and ends"
            raise Failure("Refused", what, "wait until it has, then `vrooli up`")

        def finished(launch: Launch, failure: Failure | None, status: int | None) -> None:
            if failure is not None:
                self.save()
                done(None, failure)
                return
            self.table.add(launch)
            self.save()
            done(launch, None)
            if status is not None:
                self._finish(launch, status)
                self.save()

        self.spawner.start(spec, finished).minded = minded
        self.save()

    def _start_watchdog(
        self, spec: dict[str, Any], done: Callable[[Launch | None, Failure | None], None]
    ) -> None:
        self.spawn(spec, done, minded=True)

    def save(self) -> None:
        """Write the record; when the disk refuses, try again later."""
        failed_before = self.record.error is not None
        starting = [item.launch for item in self.spawner.starting.values()]
        self.clerk.write(self.record.content([*self.table.alive.values(), *starting]))
        if self.record.error is not None and not failed_before:
            self.loop.after(SAVE_AGAIN, self._save_again)

    def _save_again(self) -> None:
        self.save()
        if self.record.error is not None:
            self.loop.after(SAVE_AGAIN, self._save_again)

    def _signalled(self, number: int) -> None:
        if number == signal.SIGCHLD:
            self._reap()
        elif number in (signal.SIGTERM, signal.SIGINT):
            log("info", f"signal {number}: ending; what was started runs on")
            self.loop.running = False

    def _reap(self) -> None:
        over: list[Launch] = []
        for _ in range(MAX_REAPS):
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            item = self.spawner.starting.get(pid)
            launch = self.table.by_pid.get(pid)
            if item is not None:
                item.status = status
            elif self.clerk.ended(pid, status) or self.vigil.ended(pid, status):
                continue
            elif launch is not None:  # else an orphan that was handed to us
                self._finish(launch, status)
                over.append(launch)
        else:
            self.loop.after(0.0, self._reap)
        if over:
            self.save()
            self._note_sessions(over)

    def _finish(self, launch: Launch, status: int | None) -> None:
        """It has ended: tell everybody at once, write later."""
        if launch.pidfd >= 0:
            self.loop.forget(launch.pidfd)
            os.close(launch.pidfd)
            launch.pidfd = -1
        if launch.minded:
            self.table.remove(launch)
            self.watch.ended(launch, status)
            return
        ended = self.table.end(launch, status, time.time(), time.monotonic())
        line = wire.encode({"event": "exit", **ended.to_json()})
        for peer in [peer for peer in self.peers if peer.follows]:
            peer.send(line)

    def _note_sessions(self, launches: list[Launch]) -> None:
        # Now, while nobody else can have got the number of the process that led the session.
        processes = proc.all_stats()
        for launch in launches:
            launch.session_over = session_is_over(launch, processes)

    # Leaving

    def leave(self, why: str, watchdog_first: bool) -> None:
        """Stop all that was started, in the watchdog's way or in ours, and end."""
        if self.leaving is None:
            shout(self.run_folder, f"{why}: stopping all that runs in it")
            self.watch.stop()
            self.leaving = Leaving(self, self._nothing_is_left)
            self.leaving.begin(watchdog_first)
        elif not watchdog_first:
            self.leaving.at_once()

    def _home_is_lost(self, how: str) -> None:
        self.leave(f"the home {self.vigil.place.root} {how} while its stack ran", True)

    def _nothing_is_left(self) -> None:
        shout(self.run_folder, f"all that ran in {self.vigil.place.root} was stopped")
        self.loop.running = False

    def _ousted(self) -> None:
        log("error", "another keeper has taken the lock that was removed; what runs is its own now")
        self.loop.running = False

    # Adoption

    def _adopt_recorded(self) -> None:
        for launch in self.record.load():
            self.table.add(launch)
            if not self._is_alive(launch) or not self.follow(launch):
                launch.adopted = True
                self._finish(launch, None)
            elif launch.minded:
                self.watch.launch = launch
                spec = spec_of(launch)
                if spec is not None:
                    self.watch.mind(spec, HEARTBEAT)
        self.save()

    def _is_alive(self, launch: Launch) -> bool:
        if launch.boot_id != self.boot_id:
            return False
        stat = proc.read_stat(launch.pid)
        return stat is not None and stat.start_ticks == launch.start_ticks and stat.alive

    def follow(self, launch: Launch) -> bool:
        """Watch a process that is no child of ours; False when it has ended."""
        try:
            launch.pidfd = os.pidfd_open(launch.pid)
        except OSError:
            return False
        launch.adopted = True
        self.loop.watch(launch.pidfd, lambda _: self._gone(launch))
        return self._is_alive(launch)

    def _gone(self, launch: Launch) -> None:
        try:
            pid, status = os.waitpid(launch.pid, os.WNOHANG)
        except ChildProcessError:
            self._finish(launch, None)
        else:  # handed to us as an orphan: then even its status is known
            if pid:
                self._finish(launch, status)
        self.save()
        self._note_sessions([launch])

    def adopt_caller(self, peer: Peer, spec: dict[str, Any]) -> Launch | None:
        """The process at the other end of a connection as a launch; None when it has ended."""
        known = self.table.by_pid.get(peer.pid)
        if known is not None and known.start_ticks == peer.start_ticks:
            known.minded = True
            return known
        launch_id = os.urandom(8).hex()
        launch = Launch(launch_id, spec["service"], spec["fingerprint"], time.time())
        launch.boot_id, launch.pid, launch.start_ticks = self.boot_id, peer.pid, peer.start_ticks
        launch.minded = True
        if not self.follow(launch):
            return None
        self.table.add(launch)
        return launch

    # Clients

    def _accept(self, listener: socket.socket, on_line: Callable[[Peer, bytes], None]) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:  # gone again, or out of descriptors for the moment
            return
        connection.setblocking(False)
        peer = Peer(connection, self.loop, on_line, self.peers.discard)
        self.peers.add(peer)
        if peer.uid not in (0, os.geteuid()):
            log("warning", f"refused a connection of uid {peer.uid}")
            what = f"uid {peer.uid} is not the owner"
            self._turn_away(peer, Failure("AccessDenied", what, "run this as the owner"))
        elif len(self.peers) > wire.MAX_CLIENTS:
            what = f"{wire.MAX_CLIENTS} clients are connected"
            self._turn_away(peer, Failure("Busy", what, "try again when one has ended"))

    def _turn_away(self, peer: Peer, why: Failure) -> None:
        peer.send(wire.refusal(None, why))
        peer.close()

    def _was_late(self, seconds: float) -> None:
        log("warning", f"the keeper was {seconds:.1f} s late")
        self.watch.was_late(time.monotonic())
