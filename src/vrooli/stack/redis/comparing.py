"""Whether a copy of a Redis holds the keys that its source held."""

from vrooli.core.errors import Damaged
from vrooli.stack.redis.asker import Asker, Keyspace
from vrooli.stack.redis.capture import Note
from vrooli.stack.redis.witness import RENAMED, Witness, missing


async def compared(asker: Asker, note: Note) -> list[str]:
    """Compare the copy that `asker` asks with what was seen when it was taken; what was compared,
    in words. Keys that end by themselves may have ended since.

    Raises:
        Damaged: it lacks keys, or has others.
    """
    found = await asker.keyspace()
    lines = [require_counts(note, found)]
    if note.witness is not None and note.witness.sample:
        lines.append(await _sampled(asker, note.witness, found))
    return lines


def require_counts(note: Note, found: Keyspace) -> str:
    """Compare how many keys there were with how many there are; what came out, in words. Pure.

    Raises:
        Damaged: there are others.
    """
    total = sum(one["keys"] for one in found.values())
    if note.quiet:
        for name in sorted({*note.keyspace, *found}):
            was, now = _stay(note.keyspace, name), _stay(found, name)
            if was != now:
                raise _damaged(f"{name} had {was} keys without an end, and the copy has {now}")
        return f"as many keys are in it as there were: {total}"
    seen = note.witness
    if seen is None or seen.changes is None:
        return f"{total} keys are in it; as somebody wrote meanwhile, their number has no other"
    # Keys go from one database to another as well: all of them count together.
    was, now = (sum(_stay(one, name) for name in one) for one in (seen.keyspace, found))
    if abs(was - now) > seen.changes:
        raise _damaged(
            f"there were {was} keys without an end, {seen.changes} were written meanwhile at the "
            f"most, and the copy has {now}"
        )
    return f"{total} keys are in it, within the {seen.changes} that were written meanwhile"


async def _sampled(asker: Asker, seen: Witness, found: Keyspace) -> str:
    of = sum(map(len, seen.sample.values()))
    gone = await missing(asker, seen, found)
    if gone > max(1, RENAMED * of):
        raise _damaged(f"{gone} of {of} keys that nobody touched meanwhile are not in it")
    return f"{of - gone} of {of} keys that nobody touched meanwhile are in it"


def _stay(counts: Keyspace, name: str) -> int:
    one = counts.get(name, {})
    return one.get("keys", 0) - one.get("expires", 0)


def _damaged(what: str) -> Damaged:
    return Damaged(what, next_step="take another restore point")
