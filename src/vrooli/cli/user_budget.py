"""`vrooli user show` and `budget`: a user, and what all its runs may spend in a month."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json
from vrooli.cli.run_budget import MONTHLY, of_month, written
from vrooli.core.errors import UsageError

_SHOW_HELP = """
Show a user, and what its runs have spent in this month where that is limited.

Example:

  vrooli user show bob@example.org
"""

_BUDGET_HELP = """
Limit what all runs of a user spend together in a calendar month (UTC), or lift
the limits by --none. A limit that is not named stays. It holds at once; what was
spent in this month before counts.

At the limit no further request to a model is made: its step fails, or the run
pauses, as the budget of the run says.

Examples:

  vrooli user budget bob@example.org --cost 20

  vrooli user budget bob@example.org --cost 20 --tokens 5000000

  vrooli user budget bob@example.org --none
"""

Email = Annotated[str, typer.Argument(help="The address of the user.", metavar="EMAIL")]


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the commands to `user`."""

    @group.command(help=_SHOW_HELP)
    def show(email: Email, file: File = None, json: Json = False) -> None:
        _show(kit.accounts(home_to_read(kit, file)).user(email), json=json)

    @group.command(help=_BUDGET_HELP)
    def budget(
        email: Email,
        cost: Annotated[
            float | None, typer.Option("--cost", min=0, help="US dollars a month.")
        ] = None,
        tokens: Annotated[
            int | None, typer.Option("--tokens", min=0, help="Tokens a month, in and out.")
        ] = None,
        none: Annotated[bool, typer.Option("--none", help="No limit.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        said = {"cost": cost, "tokens": tokens}
        limits = {kind: one for kind, one in said.items() if one is not None}
        if none == bool(limits):
            advice = "say either --cost or --tokens, or --none"
            raise UsageError("expected a limit", where="user budget", next_step=advice)
        client = kit.accounts(home_to_change(kit, file))
        if none:
            _show(client.clear_budget(email), json=json)
        else:
            known = _limits(client.user(email))
            _show(client.set_budget(email, {**known, **limits}), json=json)


def _limits(user: Mapping[str, Any]) -> dict[str, float]:
    """Those that it has: what is not named stays."""
    budget = user.get("budget") or {}
    found = {kind: budget[kind]["limit"] for kind in MONTHLY if kind in budget}
    return {kind: limit for kind, limit in found.items() if limit is not None}


def brief(user: Mapping[str, Any]) -> str:
    """What it has spent of what it may, for a list."""
    return of_month(user["budget"]) if user.get("budget") else "-"


def show_budget(budget: Mapping[str, Any]) -> None:
    """How all runs of somebody stand in this month."""
    rows = [_row(kind, budget[kind]) for kind in MONTHLY]
    render.out(f"{budget['owner']} in {budget['month']}, until {render.iso(budget['ends_at'])}")
    render.table(("BUDGET", "SPENT", "SET ASIDE", "LIMIT", "REACHED"), rows)


def _show(user: Mapping[str, Any], *, json: bool) -> None:
    if json:
        render.print_json(user)
        return
    state = ", disabled" if user["disabled"] else ""
    render.out(f"{user['email']}: {user['role']}{state}, since {render.iso(user['created_at'])}")
    if user["budget"]:
        render.out()
        show_budget(user["budget"])
    else:
        render.out("nothing limits what its runs spend together")


def _row(kind: str, line: Mapping[str, Any]) -> tuple[str, ...]:
    values = [written(kind, line[name]) for name in ("spent", "reserved", "limit")]
    at = "-" if line["forecast"] is None else f"in {render.until(line['forecast'])}"
    return kind, *values, at
