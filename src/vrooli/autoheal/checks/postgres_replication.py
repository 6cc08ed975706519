"""How far replicas of a PostgreSQL are behind, and what its slots keep for those that are gone."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import postgres_row
from vrooli.core.result import Result, not_applicable
from vrooli.stack.model import Thresholds
from vrooli.stack.postgres.wal.names import SLOT

_QUERY = f"""
SELECT pg_is_in_recovery(),
       (SELECT count(*) FROM pg_stat_replication WHERE pid NOT IN
            (SELECT active_pid FROM pg_replication_slots
             WHERE slot_name = '{SLOT}' AND active_pid IS NOT NULL)),
       (SELECT count(*) FROM pg_replication_slots WHERE NOT active AND slot_name <> '{SLOT}'),
       CASE WHEN pg_is_in_recovery()
            THEN CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                 ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END
            ELSE (SELECT max(extract(epoch FROM replay_lag)) FROM pg_stat_replication) END
"""


async def _run(look: Look) -> Result:
    standby, replicas, idle, lag = await postgres_row(look, _QUERY)
    count, unused = int(replicas or 0), int(idle or 0)
    if standby != "t" and not count and not unused:
        return not_applicable("it has no replicas and is none")
    role = "it is a replica" if standby == "t" else f"{count} replicas"
    slots = f", {unused} slots that nobody reads" if unused else ""
    seconds = max(0.0, float(lag or 0.0))
    return judge(seconds, "s", look.limits, f"{role}, {seconds:.1f} s behind{slots}")


CHECK = Check(
    id="postgres-replication",
    title="Replication of PostgreSQL",
    why="What a replica has not got yet is lost with the primary.",
    category="resource",
    interval=15.0,
    unit="s",
    thresholds=Thresholds(warning=30.0, critical=300.0),
    run=_run,
    of="postgres",
)
