"""Whether the remote desktop answers in its own protocol."""

from vrooli.autoheal.check import Check, Look
from vrooli.core.address import HostPort
from vrooli.core.result import Result, critical, not_applicable, ok
from vrooli.core.status import Status
from vrooli.stack.wire.incoming import Incoming

ADDRESS = HostPort("127.0.0.1", 3389)
_INSTALLED = "/etc/xrdp/xrdp.ini"
_REQUEST = bytes.fromhex("030000130ee000000000000100080003000000")
"""An X.224 connection request that offers TLS and CredSSP ([MS-RDPBCGR] 2.2.1.1)."""
_CONFIRMED = 0xD0


async def _run(look: Look) -> Result:
    if look.facts.files.facts(_INSTALLED) is None:
        return not_applicable("xrdp is not installed")
    stream = await look.facts.tools.streams.open(ADDRESS)
    try:
        await stream.write(_REQUEST)
        head = await Incoming(stream, 64).exactly(6)
    finally:
        await stream.close()
    if head[0] != 3 or head[5] != _CONFIRMED:
        return critical("what answers there does not speak RDP")
    return ok("confirms connections")


CHECK = Check(
    id="infra-rdp",
    title="Remote desktop",
    why="On a machine without a screen it may be the only way in.",
    category="infra",
    interval=60.0,
    unit="",
    thresholds=None,
    run=_run,
    silence=Status.CRITICAL,
    ladder=("restart-xrdp",),
)
