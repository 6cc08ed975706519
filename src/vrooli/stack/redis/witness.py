"""What is known of the keys of a Redis that others write to, so that a copy of one moment of it can
be compared: how many there were right after it, and some that were there all the time.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from vrooli.core.errors import VrooliError
from vrooli.stack.redis.asker import Asker, Keyspace, counts_of

SAMPLE = 256
"""Keys that are looked for one by one: a copy that lacks one of fifty of them is found out in 99 of
100 cases."""

RENAMED = 0.02
"""Share of these that may be missing: a key that was renamed meanwhile is as old as it was before.
"""

_LONGEST = 100
"""Bytes of a key; longer ones are left out: an answer must not be longer than `resp.LIMIT`."""

_IDLE = 2
"""Seconds that Redis's clock of keys may be off: it goes by whole ones."""

_DRAW = """
local function hexed(c) return string.format('%02x', string.byte(c)) end
local found, seen = {}, {}
for number = 1, tonumber(ARGV[1]) do
  local key = redis.call('RANDOMKEY')
  if not key then break end
  if not seen[key] and #key <= tonumber(ARGV[3]) then
    seen[key] = true
    local idle = redis.pcall('OBJECT', 'IDLETIME', key)
    if type(idle) == 'number' and idle >= tonumber(ARGV[2]) and redis.call('PTTL', key) == -1 then
      local hex = string.gsub(key, '.', hexed)
      table.insert(found, hex .. ':' .. redis.call('TYPE', key)['ok'])
    end
  end
end
return table.concat(found, ' ')
"""
_LOOK = """
local missing = 0
for number = 2, #ARGV do
  local hex, kind = string.match(ARGV[number], '^(%x+):(.*)$')
  local key = string.gsub(hex, '%x%x', function(c) return string.char(tonumber(c, 16)) end)
  local there = false
  for database in string.gmatch(ARGV[1], '%d+') do
    redis.call('SELECT', database)
    there = there or redis.call('TYPE', key)['ok'] == kind
  end
  if not there then missing = missing + 1 end
end
return missing
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """What INFO says at once.

    Attributes:
        keyspace: how many keys there are.
        written: changes since the last save.
        saved: when that was, Unix seconds.
        saving: whether another one is under way.
        evicted: keys that made room for others, since it started.
    """

    keyspace: Keyspace
    written: int
    saved: int
    saving: bool
    evicted: int


@dataclass(frozen=True, slots=True)
class Witness:
    """What was seen after a copy.

    Attributes:
        keyspace: how many keys there were.
        changes: to keys since the moment of the copy, at the most; None where that is not known.
        sample: by database, keys that were there all the time, in hex, with their type.
    """

    keyspace: Keyspace
    changes: int | None
    sample: dict[str, tuple[str, ...]]

    def to_json(self) -> dict[str, Any]:
        """As it is written down."""
        return asdict(self)


def witness_read(said: Any) -> Witness | None:
    """The other way round; None where a copy of before has none.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    if said is None:
        return None
    changes = said["changes"]
    sample = {str(name): tuple(map(str, keys)) for name, keys in said["sample"].items()}
    return Witness(dict(said["keyspace"]), None if changes is None else int(changes), sample)


async def moment(asker: Asker) -> Moment:
    """Now."""
    said = await asker.info("default")
    return Moment(
        keyspace=counts_of(said),
        written=int(said.get("rdb_changes_since_last_save", 0)),
        saved=int(said.get("rdb_last_save_time", 0)),
        saving=said.get("rdb_bgsave_in_progress", "0") != "0",
        evicted=int(said.get("evicted_keys", 0)),
    )


def changes_between(before: Moment, after: Moment, saved: int) -> int | None:
    """To how many keys something was done since a copy, at the most; None where a save that nobody
    asked for has put the count back. Pure.

    Args:
        before: as of before the copy.
        after: as of after it.
        saved: when the save was made that the copy is: Redis counts since then; 0 where it is none.
    """
    evicted = max(0, after.evicted - before.evicted)
    if saved:
        return None if after.saved != saved or after.saving else after.written + evicted
    if before.saving or after.saving or before.saved != after.saved:
        return None
    return max(0, after.written - before.written) + evicted


async def drawn(asker: Asker, keyspace: Keyspace, seconds: float) -> dict[str, tuple[str, ...]]:
    """Keys without an end that nobody touched for that long, by database; none where that is not
    told: with a policy that counts how often keys are used, or without scripts.
    """
    found = dict[str, tuple[str, ...]]()
    total = sum(one.get("keys", 0) for one in keyspace.values())
    for name, one in keyspace.items():
        share = max(1, SAMPLE * one.get("keys", 0) // max(1, total))
        words = (str(share), str(int(seconds) + 1 + _IDLE), str(_LONGEST))
        try:
            said = await asker.call_in(name, "EVAL", _DRAW, "0", *words)
        except VrooliError:
            continue
        if keys := said.split():
            found[name] = tuple(keys)
    return found


async def missing(asker: Asker, seen: Witness, names: Iterable[str]) -> int:
    """How many of its sample a copy does not have, of the same type. They may have gone from one
    database to another, of which those called `names` have keys.
    """
    there = ",".join(sorted({*names, *seen.sample}))
    found = [
        await asker.call("EVAL", _LOOK, "0", there, *keys) for keys in seen.sample.values() if keys
    ]
    return sum(map(int, found))
