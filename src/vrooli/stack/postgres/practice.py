"""A copy of a PostgreSQL started as a restore would, and what it lacks of the one that serves."""

from collections.abc import Mapping
from typing import Any

from vrooli.core.command import WriteFile
from vrooli.core.errors import StartFailed, VrooliError
from vrooli.stack.backing import Practised
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.postgres.upgrade.stage import Stage
from vrooli.stack.upgrading import Told

MOST = 100_000
"""Transactions that are looked at one by one."""

_STATE = """
SELECT json_build_object(
'system', (SELECT system_identifier::text FROM pg_control_system()),
'next', txid_snapshot_xmax(txid_current_snapshot()),
'replayed', extract(epoch FROM pg_last_xact_replay_timestamp()),
'now', extract(epoch FROM clock_timestamp()),
'last', CASE WHEN current_setting('track_commit_timestamp') = 'on'
    THEN (SELECT extract(epoch FROM timestamp) FROM pg_last_committed_xact()) END)"""
"""`txid_...` has other names since 13, and all versions know these."""

_COMMITTED = """
SELECT count(*) FROM generate_series({begin}::bigint, {end}::bigint - 1) one
WHERE txid_status(one) = 'committed'"""


async def practised(
    of: Resource, stage: Stage, facts: Mapping[str, Any], since: float, told: Told
) -> Practised:
    """See `Backing.practise`. The copy recovers into a timeline of its own, as after a restore.

    Raises:
        StartFailed: it is no cluster, or does not come up.
    """
    major, clock = clusters.major_of(stage.cluster), of.context.tools.clock
    if major is None:
        raise StartFailed(
            "there is no cluster in it", where=of.name, next_step="take another restore point"
        )
    signal = WriteFile(str(stage.cluster / "recovery.signal"), "", 0o600, stage.user)
    await of.context.executor.run([signal], told)
    told("start it, beside what serves")
    run = Programs(stage, of.context.tools)
    async with run.server(of.programs_of(major), stage.cluster, told=told) as copy:
        answered = clock.monotonic()
        state = await copy.json(_STATE)
        told("compare with what serves")
        oldest = int((facts.get("before") or {}).get("oldest", 0))
        lost = await _lost(of, copy, state, oldest, since)
    return Practised(answered, lost)


async def _lost(
    of: Resource, copy: Asker, state: Mapping[str, Any], oldest: int, since: float
) -> float:
    """Seconds from what is in the copy for certain to the last commit of what serves; to now where
    that does not tell, or does not run.
    """
    until = of.context.tools.clock.wall()
    held = max(since, state["replayed"] or 0.0)
    live = Asker(of.context.tools.streams, of.stage.address, of.password)
    try:
        serving = await live.json(_STATE)
        if serving["system"] == state["system"]:
            if await _is_same(copy, live, state["next"], serving["next"], oldest):
                return 0.0
            until = serving["last"] or serving["now"]
    except VrooliError:  # it does not run: what it had written last is not known
        pass
    return max(0.0, float(until) - held)


async def _is_same(copy: Asker, live: Asker, next: int, serving: int, oldest: int) -> bool:
    """Whether what serves has committed nothing that the copy has not: no transaction began since,
    and of those that went on while it was made none ended well later.
    """
    if next != serving or not 0 <= next - oldest < MOST:
        return False
    counted = _COMMITTED.format(begin=oldest, end=next)
    return bool(await copy.json(counted) == await live.json(counted))
