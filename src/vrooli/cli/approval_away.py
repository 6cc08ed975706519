"""`vrooli approval away` and `back`: another is asked for a while."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.core.errors import UsageError

_AWAY_HELP = """
Have USER asked what your runs ask from now on, until DATE: 90 days ahead at most, and it ends by
itself. Without options it shows who is away.

Only up to a class of risk, `changing` unless you say another. With `dangerous` everything goes to
USER, also what names no class. You may decide it all still, and take it back. What others hand on
to you stays with you.

Examples:

  vrooli approval away --to bob@example.org --until 2026-12-24

  vrooli approval away --to bob@example.org --until 2026-12-24T08:00 --risk dangerous

  vrooli approval away
"""

_BACK_HELP = """
Be back before the time that you said. What was handed on meanwhile stays so, until you take it back
by `vrooli approval delegate ID --to me`.

Examples:

  vrooli approval back
"""


def register_absence(group: typer.Typer, kit: Kit) -> None:
    """Add both."""

    @group.command("away", help=_AWAY_HELP)
    def away(
        to: Annotated[str, typer.Option("--to", help="Who is asked.", metavar="USER")] = "",
        until: Annotated[
            str, typer.Option("--until", help="When you are back.", metavar="DATE")
        ] = "",
        risk: Annotated[str, typer.Option("--risk", help="Only up to this class.")] = "changing",
        file: File = None,
        json: Json = False,
    ) -> None:
        client = kit.work(home_to_change(kit, file))
        if bool(to) != bool(until):
            advice = "say both, or neither to see who is away"
            raise UsageError("`--to` goes with `--until`", next_step=advice)
        found = [client.be_away(to, _moment(until), risk)] if to else client.absences()
        if json:
            render.print_json(found[0] if to else found)
        elif not found:
            render.note("nobody is away")
        for one in () if json else found:
            render.out(_said(one))

    @group.command("back", help=_BACK_HELP)
    def back(file: File = None, json: Json = False) -> None:
        found = kit.work(home_to_change(kit, file)).be_back()
        if json:
            render.print_json(found)
        else:
            render.note(f"{found['person']} is back: {found['to']} is asked no more")


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError) as error:
        advice = "write it like 2026-12-24 or 2026-12-24T08:00"
        raise UsageError("expected a date or a time", where=text, next_step=advice) from error


def _said(one: Mapping[str, Any]) -> str:
    most = "everything" if one["risk"] == "dangerous" else f"what is {one['risk']} at most"
    until = render.clock(one["until"])
    return f"{one['person']} is away until {until}: {one['to']} is asked {most}"
