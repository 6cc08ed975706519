"""Whether names are resolved, as programs on this machine resolve them."""

from collections.abc import Sequence
from dataclasses import dataclass

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.errors import Unreachable
from vrooli.core.result import Result, critical, not_applicable
from vrooli.core.status import Status
from vrooli.stack.model import Thresholds


@dataclass(frozen=True, slots=True)
class Names:
    """Keys of `infra-dns`.

    Attributes:
        names: names that must have an address; none: only names of this machine are looked up, and
            no server is asked.
    """

    names: Sequence[str] = ()


async def _run(look: Look) -> Result:
    names = list(look.options.names) or ["localhost"]
    servers = _servers(look)
    if not servers and not look.options.names:
        return not_applicable("no name server is set up, and no name was declared")
    clock = look.facts.tools.clock
    began = clock.monotonic()
    for name in names:
        try:
            await look.facts.resolver.resolve(name)
        except Unreachable as error:
            return critical(f"{error}; servers: {', '.join(servers) or 'none'}")
    took = 1000 * (clock.monotonic() - began)
    message = f"{', '.join(names)} resolved in {took:.0f} ms; servers: {', '.join(servers)}"
    return judge(took, "ms", look.limits, message)


def _servers(look: Look) -> list[str]:
    lines = (procfs.text(look.facts.files, "/etc/resolv.conf") or "").splitlines()
    words = [line.split() for line in lines]
    return [pair[1] for pair in words if len(pair) > 1 and pair[0] == "nameserver"]


CHECK = Check(
    id="infra-dns",
    title="Names",
    why="Whoever cannot resolve a name cannot connect, whatever else is well.",
    category="infra",
    interval=30.0,
    unit="ms",
    thresholds=Thresholds(warning=1000.0, critical=4000.0),
    run=_run,
    options=Names,
    silence=Status.CRITICAL,
    ladder=("flush-dns", "restart-resolved"),
)
