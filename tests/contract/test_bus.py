"""Port `Bus`: a real D-Bus, and the twin."""

import gc
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import pytest

from vrooli.core.errors import Unreachable
from vrooli.core.ports.bus import Bus, Call, Match, Reply, Signal, Signals
from vrooli.host.bus import DBus
from vrooli.host.memory.bus import MemoryBus

NAME, OBJECT = "org.freedesktop.DBus", "/org/freedesktop/DBus"
OWNERS = Match(NAME, NAME, OBJECT, "NameOwnerChanged")
OUR_NAME = "com.example.Test"

CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def _ask(member: str, signature: str = "", *body: object, to: str = NAME) -> Call:
    return Call(to, OBJECT, NAME, member, signature, body)


class Peer(Protocol):
    """Somebody's bus."""

    @property
    def bus(self) -> Bus:
        """It."""
        ...

    def go(self) -> None:
        """It goes away."""
        ...

    def come(self) -> None:
        """It is there again."""
        ...


class RealPeer:
    """A bus of the test's own."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "bus"
        self._config = folder / "bus.conf"
        self._config.write_text(CONFIG.format(socket=self._socket), encoding="utf-8")
        self.bus = DBus(f"unix:path={self._socket}")
        self.come()

    def come(self) -> None:
        """See `Peer`."""
        self._socket.unlink(missing_ok=True)
        command = ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--print-address"]
        self._daemon = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._daemon.stdout is not None
        assert self._daemon.stdout.readline()  # it listens

    def go(self) -> None:
        """See `Peer`."""
        self._daemon.kill()
        self._daemon.wait()
        assert self._daemon.stdout is not None
        self._daemon.stdout.close()


class MemoryPeer:
    """The twin, with as much as the test asks of it."""

    def __init__(self) -> None:
        self.bus = MemoryBus(
            {
                f"{NAME}.GetId": lambda _: Reply(("0123456789abcdef",)),
                f"{NAME}.ListNames": lambda _: Reply(([NAME],)),
                f"{NAME}.NameHasOwner": lambda call: Reply((call.body[0] == NAME,)),
                f"{NAME}.GetNameOwner": lambda _: Reply(
                    error=f"{NAME}.Error.Failed", said="it has none"
                ),
                f"{NAME}.RequestName": self._request,
            }
        )

    def come(self) -> None:
        """See `Peer`."""
        self.bus.there = True

    def go(self) -> None:
        """See `Peer`."""
        self.bus.go()

    def _request(self, call: Call) -> Reply:
        self.bus.tell(Signal(OBJECT, NAME, "NameOwnerChanged", (call.body[0], "", ":1.0")))
        return Reply((1,))


@pytest.fixture(params=["memory", "real"])
async def peer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Peer]:
    if request.param == "memory":
        yield MemoryPeer()
        return
    real = RealPeer(tmp_path)
    yield real
    await real.bus.close()
    real.go()


async def test_a_method_returns_plain_values(peer: Peer) -> None:
    reply = await peer.bus.call(_ask("ListNames"))
    assert reply.ok
    assert NAME in reply.body[0]
    assert (await peer.bus.call(_ask("NameHasOwner", "s", NAME))).body == (True,)


async def test_an_error_is_an_answer(peer: Peer) -> None:
    reply = await peer.bus.call(_ask("NoSuchMethod"))
    assert reply.error == f"{NAME}.Error.UnknownMethod"
    assert reply.said
    assert not reply.ok


async def test_signals_are_heard_while_one_listens(peer: Peer) -> None:
    async with peer.bus.listen([OWNERS]) as signals:
        assert signals.pending() == []
        await peer.bus.call(_ask("RequestName", "su", OUR_NAME, 0))
        signal = await signals.next()
        while signal.body[0] != OUR_NAME:  # our own connection is told as well
            signal = await signals.next()
        assert (signal.path, signal.interface, signal.member) == (
            OBJECT,
            NAME,
            "NameOwnerChanged",
        )
        assert signals.pending() == []
    assert (await peer.bus.call(_ask("GetId"))).ok


async def test_only_what_fits_is_heard(peer: Peer) -> None:
    ours = Match(NAME, NAME, OBJECT, "NameOwnerChanged", ((0, OUR_NAME),))
    other = Match(NAME, NAME, OBJECT, "NameOwnerChanged", ((0, "com.example.Other"),))
    async with peer.bus.listen([ours]) as signals, peer.bus.listen([other]) as others:
        await peer.bus.call(_ask("RequestName", "su", OUR_NAME, 0))
        assert (await signals.next()).body[0] == OUR_NAME
        assert others.pending() == []


async def _hear_all(signals: Signals) -> None:
    while True:
        await signals.next()


async def test_who_listens_is_told_when_the_bus_goes_away_and_may_begin_anew(peer: Peer) -> None:
    async with peer.bus.listen([OWNERS]) as signals:
        peer.go()
        with pytest.raises(Unreachable):
            await _hear_all(signals)
    with pytest.raises(Unreachable):
        await peer.bus.call(_ask("GetId"))
    with pytest.raises(Unreachable):
        async with peer.bus.listen([OWNERS]):
            pytest.fail("there is no bus")
    peer.come()
    assert (await peer.bus.call(_ask("GetId"))).ok
    async with peer.bus.listen([OWNERS]) as signals:
        await peer.bus.call(_ask("RequestName", "su", OUR_NAME, 0))
        assert (await signals.next()).member == "NameOwnerChanged"


async def test_a_bus_that_is_gone_before_anybody_heard_of_it_leaves_no_complaints(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await peer.bus.call(_ask("GetId"))).ok
    async with peer.bus.listen([OWNERS]):
        peer.go()  # without a turn of the loop
        with pytest.raises(Unreachable):
            await peer.bus.call(_ask("GetId"))
    peer.come()
    assert (await peer.bus.call(_ask("GetId"))).ok
    gc.collect()
    assert caplog.records == []
