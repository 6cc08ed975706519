"""The certificate that an address really serves: trusted, for that name, and for how long."""

from dataclasses import dataclass, replace

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import host_port
from vrooli.core.errors import ProtocolError
from vrooli.core.ports.streams import Certified
from vrooli.core.result import Result
from vrooli.core.status import Status
from vrooli.stack.model import Thresholds
from vrooli.stack.option_keys import reading
from vrooli.stack.wire import x509

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class EndpointTls:
    """Keys of `kind = "endpoint-tls"`.

    Attributes:
        address: host and port, like `www.example.org:443`; the certificate must be for that host.
    """

    address: str

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        with reading("address"):
            host_port(self.address)


async def _run(look: Look) -> Result:
    address = replace(host_port(look.options.address), tls=True)
    stream = await look.facts.tools.streams.open(address)
    try:
        if not isinstance(stream, Certified):
            raise ProtocolError("no certificate was shown", where=str(address))
        until = x509.valid_until(stream.certificate())
    finally:
        await stream.close()
    days = (until - look.facts.tools.clock.wall()) / _DAY
    return judge(days, "days", look.limits, f"trusted, and valid for {days:.1f} days more")


CHECK = Check(
    id="endpoint-tls",
    title="Certificate that is served",
    why="A renewed file helps nobody while the server still shows the old one.",
    category="endpoint",
    interval=3600.0,
    unit="days",
    thresholds=Thresholds(warning=21.0, critical=7.0),
    run=_run,
    options=EndpointTls,
    declared=True,
    silence=Status.CRITICAL,
    peer=lambda look: host_port(look.options.address).host,
)
