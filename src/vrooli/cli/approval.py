"""`vrooli approval ...`: what runs wait for, and the decisions of people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.approval_away import register_absence
from vrooli.cli.approval_delegating import delegations, register_delegation
from vrooli.cli.approval_found import Of, Path_, check_there, found_of
from vrooli.cli.approval_several import Chosen, decide_several
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json, Most
from vrooli.client.costs import cost_said

_LIST_HELP = """
List approvals, the newest first: those that wait for a decision, or others.

Examples:

  vrooli approval list

  vrooli approval list --status rejected --run 3f2a9c4e81d07b65

  vrooli approval list --swarm 3f2a9c4e81d07b65
"""

_SHOW_HELP = """
Show what is asked for, and its hash.

Examples:

  vrooli approval show 3f2a9c4e81d07b65 signed

  vrooli approval show 90c1e35fd2aa7b14
"""

_DECIDE_HELP = """
{what} what a run asks for; it goes on at once.

With `--hash` the decision counts only if that is still the hash of what is asked for;
without, what is asked for is printed before.

Several at once: by their ids, each as ID or as ID:HASH, or with --all those of a swarm that are
asked of you; an admin decides what is asked of others by their ids.
Each counts by itself, and a table tells what became of it; exit code 1 where one does not count.

Examples:

  vrooli approval {verb} 3f2a9c4e81d07b65 signed --reason "as agreed"

  vrooli approval {verb} 90c1e35fd2aa7b14 5d0e77a1c3b9f284

  vrooli approval {verb} --all --swarm 3f2a9c4e81d07b65 --risk changing
"""

_ROOM = 10
"""Columns of the names of what an approval has."""

Which = Annotated[
    list[str] | None,
    typer.Argument(
        help="The run, with PATH where more than one waits; or ids.", metavar="RUN [PATH]|ID..."
    ),
]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Approvals: what runs wait for.")
    app.add_typer(group, name="approval")
    _register_views(group, kit)
    for verb, what in (("approve", "Approve"), ("reject", "Reject")):
        _register_decision(group, kit, verb, _DECIDE_HELP.format(verb=verb, what=what))
    register_delegation(group, kit)
    register_absence(group, kit)


def _register_views(group: typer.Typer, kit: Kit) -> None:
    @group.command("list", help=_LIST_HELP)
    def list_(
        status: Annotated[
            str, typer.Option("--status", help="pending, approved, rejected, expired, void or all.")
        ] = "pending",
        run: Annotated[str, typer.Option("--run", help="Only of this one.")] = "",
        swarm: Annotated[
            str, typer.Option("--swarm", help="Only of the runs that this one started.")
        ] = "",
        limit: Most = 20,
        file: File = None,
        json: Json = False,
    ) -> None:
        status = "" if status == "all" else status
        query = {"status": status, "run": run, "swarm": swarm, "limit": limit}
        client = kit.swarms(home_to_read(kit, file))
        found = client.approvals(**query)["approvals"]
        if not found:
            check_there(client, run, swarm)
        if json:
            render.print_json(found)
        elif not found:
            render.note("there is none")
        else:
            render.table(*rows(found))

    @group.command(help=_SHOW_HELP)
    def show(of: Of, path: Path_ = "", file: File = None, json: Json = False) -> None:
        found = found_of(kit.work(home_to_read(kit, file)), of, path)
        if json:
            render.print_json(found)
        else:
            _describe(found)


def _register_decision(group: typer.Typer, kit: Kit, verb: str, text: str) -> None:
    @group.command(verb, help=text)
    def command(  # noqa: PLR0913 -- one argument for each option
        of: Which = None,
        reason: Annotated[str, typer.Option("--reason", help="Why, for people.")] = "",
        hash_: Annotated[str, typer.Option("--hash", help="Of what is decided about.")] = "",
        all_: Annotated[bool, typer.Option("--all", help="All of --swarm asked of you.")] = False,
        swarm: Annotated[str, typer.Option("--swarm", help="Which swarm's.")] = "",
        risk: Annotated[str, typer.Option("--risk", help="Only up to this class of risk.")] = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        home = home_to_change(kit, file)
        client = kit.swarms(home)
        chosen = Chosen(tuple(of or ()), all_, swarm, risk, hash_)
        if chosen.several:
            show = None if json else show_asked
            if all_:
                client.swarm(swarm)  # says so where there is none
                chosen = replace(chosen, me=kit.accounts(home).me()["name"])
            decide_several(client, chosen, verb == "approve", reason, show=show)
            return
        asked = found_of(client, *chosen.of)
        if not hash_ and not json:
            show_asked(asked)
        found = client.decide(asked["id"], verb == "approve", hash_ or asked["hash"], reason)
        if json:
            render.print_json(found)
        else:
            render.note(f"{found['run']} {found['path']}: {found['status']}")


def rows(found: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Titles and rows of a list; the swarm where it is that of one of them."""
    titles = ("ID", "RUN", "STEP", "STATUS", "OF", "ASKED", "MESSAGE")
    if not any(one.get("swarm") for one in found):
        return titles, [_row(one) for one in found]
    swarms = [one.get("swarm") or "-" for one in found]
    return ("ID", "SWARM", *titles[1:]), [
        (one["id"], swarm, *_row(one)[1:]) for one, swarm in zip(found, swarms, strict=True)
    ]


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    asked = f"{render.ago(one['asked_at'])} ago"
    message = next(iter(one["message"].splitlines()), "")
    return one["id"], one["run"], one["path"], one["status"], one["asked_of"], asked, message


def _describe(one: Mapping[str, Any]) -> None:
    rows = {
        "approval": one["id"],
        "run": f"{one['run']} ({one['routine']})",
        "swarm": one.get("swarm"),
        "step": one["path"],
        "status": one["status"],
        "asked": f"{render.ago(one['asked_at'])} ago",
        "of": one["asked_of"],
    }
    if one["decided_by"]:
        place = f", in the place of {one['decided_for']}" if one["decided_for"] else ""
        rows["by"] = f"{one['decided_by']}{place}"
    if one["reason"]:
        rows["reason"] = one["reason"]
    render.fields(rows, _ROOM)
    for said in delegations(one):
        render.fields({"handed on": said}, _ROOM)
    show_asked(one)


def show_asked(one: Mapping[str, Any]) -> None:
    render.fields({"message": one["message"], "cost": cost_said(one["cost"])}, _ROOM)
    render.out(f"{'hash':<{_ROOM}}{one['hash']}")
    render.print_json(one["what"])
    if one["diff"]:
        render.out("would change:")
        render.out(one["diff"])
