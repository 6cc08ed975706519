"""Whether systemd's resolver answers on its own address."""

import struct

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.address import HostPort
from vrooli.core.errors import ProtocolError
from vrooli.core.result import Result, not_applicable
from vrooli.core.status import Status
from vrooli.stack.model import Thresholds
from vrooli.stack.wire.incoming import Incoming

STUB = HostPort("127.0.0.53", 53)
_STATE = "/run/systemd/resolve"
_ID = 0x5652


async def _run(look: Look) -> Result:
    if look.facts.files.facts(_STATE) is None:
        return not_applicable("systemd-resolved does not run here")
    tools = look.facts.tools
    began = tools.clock.monotonic()
    stream = await tools.streams.open(STUB)
    try:
        await stream.write(_question("localhost"))
        incoming = Incoming(stream, 65_537)
        size = int.from_bytes(await incoming.exactly(2), "big")
        answer = await incoming.exactly(size)
    finally:
        await stream.close()
    if len(answer) < 12 or int.from_bytes(answer[:2], "big") != _ID:
        raise ProtocolError("what answers there does not speak DNS", where=str(STUB))
    took = 1000 * (tools.clock.monotonic() - began)
    return judge(took, "ms", look.limits, f"answers in {took:.0f} ms")


def _question(name: str) -> bytes:
    """A question for the address of `name`, framed for TCP (RFC 1035, 4.1 and 4.2.2)."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    message = struct.pack("!HHHHHH", _ID, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
    return struct.pack("!H", len(message)) + message


CHECK = Check(
    id="infra-resolved",
    title="systemd-resolved",
    why="Where it is set up, every look-up of a name goes through it.",
    category="infra",
    interval=60.0,
    unit="ms",
    thresholds=Thresholds(warning=1000.0, critical=4000.0),
    run=_run,
    silence=Status.CRITICAL,
    ladder=("flush-dns", "restart-resolved"),
)
