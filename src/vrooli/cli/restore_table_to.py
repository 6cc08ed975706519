"""`vrooli restore --only TABLE --to MOMENT`: a table as it was then, beside the one that serves."""

from typing import TYPE_CHECKING

from vrooli.cli.backup_words import PHYSICAL
from vrooli.cli.restore_beside import require_one, tell_would
from vrooli.cli.restore_plan import Asked, Plan
from vrooli.cli.restore_table import rescue
from vrooli.cli.restore_told import tell_plan

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Part, Point

    Found = list[tuple[Point, Part]]


def rescue_at(
    backups: "Backups", asked: Asked, store: str, found: "Found", table: str, *, json: bool
) -> None:
    """Do it, out of what was `found` in `store`; who only reads is told what would be done.

    Raises:
        UsageError: the moment cannot be reached, with what can.
    """
    copies = [one for one in found if one[1].source == PHYSICAL]
    plan = Plan(backups, asked, store, copies or found, named=True)
    require_one([part.service for _, part in plan.parts])
    ((point, part),) = plan.parts
    wish = plan.wish(point, part, dry_run=asked.reads)
    if not json:
        plan.tell()
        tell_plan(backups, plan.parts)
    if asked.reads:
        follows = f", recovered to {wish.until}" if wish.until else ""
        would = f"would be fetched{follows}, and {table} put into a schema beside the one in force"
        tell_would(plan.parts, would, json=json, until=wish.until, timeline=wish.timeline)
        return
    rescue(backups, wish, part.service, table, json=json)
