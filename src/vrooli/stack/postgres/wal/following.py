"""What the receiver does about what it sees of its server: decided here, done elsewhere. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vrooli.stack.postgres.wal.names import SLOT, Segment, name_of, position, segment_of
from vrooli.stack.postgres.wal.streams import STREAM, Stream

PATIENCE = 10.0
"""Seconds for which a commit waits for a receiver that is not there."""

SETTLED = 3.0
"""Seconds for which it must have kept up before commits wait for it again."""

SILENT = 8.0
"""Seconds without a word of a receiver that speaks every second: it hangs."""

_LOST = "the slot was lost, and WAL that was not received yet with it"

FACTS = f"""
SELECT json_build_object(
'system', (SELECT system_identifier::text FROM pg_control_system()),
'timeline', left(pg_walfile_name(pg_current_wal_flush_lsn()), 8),
'size', (SELECT bytes_per_wal_segment FROM pg_control_init()),
'lsn', pg_current_wal_flush_lsn()::text,
'started', extract(epoch FROM pg_postmaster_start_time()),
'names', current_setting('synchronous_standby_names'),
'slot', (SELECT json_build_object('restart', restart_lsn::text, 'status', wal_status,
    'room', safe_wal_size) FROM pg_replication_slots WHERE slot_name = '{SLOT}'),
'sender', (SELECT json_build_object('state', state, 'write', write_lsn::text,
    'silent', extract(epoch FROM clock_timestamp() - reply_time))
    FROM pg_stat_replication JOIN pg_replication_slots ON active_pid = pid
    WHERE slot_name = '{SLOT}'))"""

TAKE_SLOT = f"SELECT to_json(slot_name) FROM pg_create_physical_replication_slot('{SLOT}', true)"

DROP_SLOT = f"""
SELECT json_agg(pg_drop_replication_slot(slot_name)::text) FROM pg_replication_slots
WHERE slot_name = '{SLOT}' AND NOT active"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server says.

    Attributes:
        system: whose WAL it is.
        timeline: 8 hex digits.
        size: bytes of a segment.
        written: how far it has written.
        started: when it was, Unix seconds.
        waits: whether commits wait for the receiver.
        slot: state of the slot; empty when there is none.
        room: bytes that it may still keep; None for no bound.
        received: how far the receiver says it is; None when none is connected.
        streaming: whether it gets what is written at once.
        silent: seconds since it said anything.
    """

    system: str
    timeline: str
    size: int
    written: int
    started: float
    waits: bool
    slot: str = ""
    room: int | None = None
    received: int | None = None
    streaming: bool = False
    silent: float = 0.0

    @property
    def is_kept(self) -> bool:
        """Whether the slot has the server keep what was not received yet."""
        return self.slot not in ("", "lost")

    @property
    def lag(self) -> int | None:
        """Bytes that it has not got."""
        return None if self.received is None else max(0, self.written - self.received)


def facts_of(said: Mapping[str, Any]) -> Facts:
    """What the answer to `FACTS` says."""
    slot, sender = said.get("slot") or {}, said.get("sender") or {}
    return Facts(
        system=said["system"],
        timeline=said["timeline"],
        size=said["size"],
        written=position(said["lsn"]),
        started=float(said["started"]),
        waits=SLOT in said["names"],
        slot=(slot.get("status") or "reserved") if slot else "",
        room=slot.get("room"),
        received=position(sender["write"]) if sender.get("write") else None,
        streaming=sender.get("state") == "streaming",
        silent=float(sender.get("silent") or 0.0),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where the receiver writes.

    Attributes:
        stream: name of the folder.
        begun: since when it holds what the server writes, Unix seconds, where that is to be written
            down; 0 where it is there.
        gap: why it does not follow what was received before; empty when it does.
    """

    stream: str
    begun: float = 0.0
    gap: str = ""


def needed(stream: Stream, size: int) -> Segment | None:
    """The segment with which pg_receivewal goes on in its folder; None while that is empty."""
    whole = [segment_of(name, size) for name in stream.files if len(name) == 24]
    partial = segment_of(stream.partial, size) if stream.partial else None
    last = max(whole, default=None)
    if last is None or (partial is not None and partial > last):
        return partial
    return Segment(last.number + 1, last.timeline)


def place(facts: Facts, known: Sequence[Stream], kept: Collection[str], now: float) -> Place:
    """Where to go on.

    Args:
        facts: of the server.
        known: what was received of this system.
        kept: names of the segments that the server still has.
        now: Unix seconds.
    """
    of_line = [one for one in known if one.name.startswith(facts.timeline)]
    if not of_line:
        if known and not facts.is_kept:
            return Place(facts.timeline, now, _LOST)
        # A new timeline is in force since its server was started, before anybody could follow it.
        return Place(facts.timeline, begun=facts.started if known else now)
    last = max(of_line, key=lambda one: _turn(one.name))
    wanted = needed(last, facts.size)
    following = f"{facts.timeline}-{_turn(last.name) + 1}"
    if wanted is None:
        # What it held may be in a store: nothing here says how far it went.
        into = last.name if last.is_unused else following
        return Place(last.name) if facts.is_kept else Place(into, now, _LOST)
    if wanted.number * facts.size > facts.written:
        return Place(following, now, "the server went back behind what was received")
    lines = {wanted.timeline, int(facts.timeline, 16)}
    names = {name_of(Segment(wanted.number, line), facts.size) for line in lines}
    if facts.slot == "lost" or not (names & set(kept) or _is_now(wanted, facts)):
        return Place(following, now, "the server has removed WAL that was not received yet")
    return Place(last.name)


def _is_now(segment: Segment, facts: Facts) -> bool:
    """The server makes the file of a segment with the first byte that it writes there."""
    return segment.number * facts.size == facts.written


def _turn(name: str) -> int:
    found = STREAM.fullmatch(name)
    return int(found[2] or 1) if found else 0


def waiting(
    facts: Facts, synchronous: bool, good: float, bad: float
) -> Literal["suspend", "resume"] | None:
    """Whether commits shall stop to wait for the receiver, or wait for it again.

    Args:
        facts: of the server.
        synchronous: whether they shall wait at all.
        good: seconds for which it has kept up.
        bad: seconds for which it has not.
    """
    if facts.waits and (not synchronous or bad >= PATIENCE):
        return "suspend"
    return "resume" if synchronous and not facts.waits and good >= SETTLED else None
