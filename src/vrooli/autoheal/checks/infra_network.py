"""Whether this machine can reach others: a link, a way out, and what was named as a witness."""

from collections.abc import Sequence
from dataclasses import dataclass

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look
from vrooli.autoheal.links import interfaces, is_up
from vrooli.autoheal.probing import unreachable
from vrooli.core.ports.files import Files
from vrooli.core.result import Result, critical, not_applicable, ok, warning

_DEFAULT = "00000000"
_DEADLINE = 4.0


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Keys of `infra-network`.

    Attributes:
        targets: addresses like `192.0.2.1:53`, of which one must accept a connection; none: nobody
            outside is asked, only link and route are looked at.
    """

    targets: Sequence[str] = ()


async def _run(look: Look) -> Result:
    files, targets = look.facts.files, list(look.options.targets)
    there = interfaces(files)
    if not there and not targets:
        return not_applicable("there is no interface besides loopback")
    up = [name for name in there if is_up(files, name)]
    if not up and not targets:
        return critical(f"no link: {', '.join(there)} are down")
    if targets:
        return await _judged(look, targets)
    if not _has_way_out(files):
        return warning(f"{', '.join(up)} up, but there is no route to anywhere else")
    return ok(f"{', '.join(up)} up, with a route out; no witness is declared")


def _has_way_out(files: Files) -> bool:
    four = (procfs.text(files, "/proc/net/route") or "").splitlines()[1:]
    six = (procfs.text(files, "/proc/net/ipv6_route") or "").splitlines()
    ways = [line.split() for line in four]
    return any(way[1] == _DEFAULT for way in ways if len(way) > 7) or any(
        line.startswith("0" * 32 + " 00") and not line.endswith(" lo") for line in six
    )


async def _judged(look: Look, targets: list[str]) -> Result:
    errors = await unreachable(look.facts.tools.streams, targets, _DEADLINE)
    if len(errors) < len(targets):
        reached = len(targets) - len(errors)
        return ok(f"reaches {reached} of {', '.join(targets)}", reached, "targets")
    return critical(f"reaches none of {', '.join(targets)}: {errors[0]}", 0, "targets")


CHECK = Check(
    id="infra-network",
    title="Network",
    why="Without it every endpoint elsewhere looks broken, and none of them is.",
    category="infra",
    interval=30.0,
    unit="targets",
    thresholds=None,
    run=_run,
    options=Witnesses,
)
