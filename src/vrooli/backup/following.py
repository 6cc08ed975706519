"""What a way along WAL means for the part of a point at which it begins. Pure."""

from vrooli.backup.point import Part, Point
from vrooli.stack.postgres.wal.choosing import Way
from vrooli.stack.postgres.wal.moments import Moment


def since(point: Point, part: Part, way: Way | None, moment: Moment | None) -> float:
    """Unix seconds: what was committed before is in what is restored."""
    if way is None or not way.files or moment is None or moment.kind == "lsn":
        return float(part.facts.get("begun") or point.begun)
    return min(way.until, moment.time) if moment.kind == "time" else way.until
