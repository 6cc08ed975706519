"""An address that accepts connections, and what it says first."""

from dataclasses import dataclass

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import host_port
from vrooli.core.result import Result, critical
from vrooli.core.status import Status
from vrooli.stack.model import Thresholds
from vrooli.stack.option_keys import reading

_MOST = 4096


@dataclass(frozen=True, slots=True)
class EndpointTcp:
    """Keys of `kind = "endpoint-tcp"`.

    Attributes:
        address: host and port, like `mail.example.org:25`.
        says: a text that it must send first, by itself; empty: it need not.
    """

    address: str
    says: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        with reading("address"):
            host_port(self.address)


async def _run(look: Look) -> Result:
    options: EndpointTcp = look.options
    clock = look.facts.tools.clock
    began = clock.monotonic()
    stream = await look.facts.tools.streams.open(host_port(options.address))
    took = 1000 * (clock.monotonic() - began)
    try:
        said = await stream.read(_MOST) if options.says else b""
    finally:
        await stream.close()
    if options.says and options.says.encode() not in said:
        return critical(f"it does not say {options.says!r}", round(took, 1), "ms")
    return judge(took, "ms", look.limits, f"accepts a connection in {took:.0f} ms")


CHECK = Check(
    id="endpoint-tcp",
    title="Address",
    why="What speaks no HTTP can at least be reached.",
    category="endpoint",
    interval=30.0,
    unit="ms",
    thresholds=Thresholds(warning=1000.0, critical=5000.0),
    run=_run,
    options=EndpointTcp,
    declared=True,
    silence=Status.CRITICAL,
    peer=lambda look: host_port(look.options.address).host,
)
