"""Other hosts, whose watchdogs post to this stack's server: which of them do so no more."""

from vrooli.autoheal.check import Check, Look
from vrooli.autoheal.fleet.hosts import ask_for_hosts, judged
from vrooli.core.errors import Unreachable
from vrooli.core.fleet import CHECK as ID
from vrooli.core.fleet import LATE, SILENT, Standing, standing
from vrooli.core.result import Result, not_applicable
from vrooli.stack.model import Thresholds


async def _run(look: Look) -> Result:
    services = look.facts.stack.services.values()
    servers = [one for one in services if one.kind == "server" and one.port]
    if not servers:
        return not_applicable("this stack has no server to which hosts could post")
    limits = look.limits or Thresholds(LATE, SILENT)
    before = look.before
    try:
        hosts = await ask_for_hosts(look.facts.tools, servers)
    except Unreachable as error:
        if before is not None and before.applicable and not before.healthy:
            raise  # what was found is not over because nobody can be asked
        return not_applicable(f"{servers[0].name} does not run here: {error.what}")
    stood = [(host, standing(host, limits.warning, limits.critical)) for host in hosts]
    counted = [(host, stands) for host, stands in stood if stands is not Standing.REVOKED]
    if not counted:
        return not_applicable("no other host posts here: `vrooli host add NAME`")
    return judged(counted, was_well=before is not None and before.applicable and before.healthy)


CHECK = Check(
    id=ID,
    title="Hosts of the fleet",
    why="A machine that is gone tells nobody.",
    category="watchdog",
    interval=15.0,
    unit="s",
    thresholds=Thresholds(warning=LATE, critical=SILENT),
    run=_run,
)
