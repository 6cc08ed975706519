"""What a way along WAL means for the part of a point at which it begins. Pure."""

from vrooli.backup.point import Part, Point
from vrooli.stack.postgres.wal.choosing import Way
from vrooli.stack.postgres.wal.moments import Moment


def since(point: Point, part: Part, way: Way | None, moment: Moment | None) -> float:
    """Unix seconds: what was committed before is in what is restored."""
    begun = float(part.facts.get("begun") or point.begun)
    if way is None or not way.files or moment is None:
        return begun
    if moment.kind == "lsn":
        return max(begun, way.passed)
    return min(way.until, moment.time) if moment.kind == "time" else way.until
