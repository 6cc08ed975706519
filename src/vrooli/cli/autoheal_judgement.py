"""`vrooli-autoheal plan`, `explain`, `replay`, `maintenance`, `quarantine`."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from vrooli.cli import render
from vrooli.cli.help import App, with_examples
from vrooli.cli.kit import Kit, watchdog_of, watchdog_to_command
from vrooli.cli.length import seconds
from vrooli.cli.options import File, Json, Length, service_names

if TYPE_CHECKING:
    from vrooli.autoheal.replay import Replayed

_EXPLAIN_HELP = """
Explain what is or would be done about a service: the decision, what every rule says, and the
facts that it depends on.

Example:

  vrooli-autoheal explain postgres
"""

_REPLAY_HELP = """
Decide again what was decided, by the [autoheal] of another stack file: what would have been done.
Nothing is changed.

Example:

  vrooli-autoheal replay --since 7d --policy stricter.toml
"""

_BEGIN_HELP = """
Have services left alone for a while: nothing is healed, nobody is paged. Without a name: all.

Example:

  vrooli-autoheal maintenance start postgres --for 1h --why "new disk" --until-green
"""

_WINDOWS_HELP = with_examples(
    "Show the windows that are not over, and the next of each [maintenance.NAME].",
    "vrooli-autoheal maintenance list",
)

_END_HELP = with_examples(
    "End a window before its time.", "vrooli-autoheal maintenance end 5c1f09ab"
)

_HOLD_HELP = """
Take a service out of the watchdog's hands until it is released.

Example:

  vrooli-autoheal quarantine hold web --why "it eats its data"
"""

Service = Annotated[str, typer.Argument(help="The service's name.", autocompletion=service_names)]
Why = Annotated[str, typer.Option("--why", help="The reason, for those who find it later.")]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""

    @app.command(
        help=with_examples("Show what would be done now about what fails.", "vrooli-autoheal plan")
    )
    def plan(file: File = None, json: Json = False) -> None:
        found = watchdog_of(kit, file).plan()
        if json:
            render.print_json(found)
        elif not found:
            render.out("nothing fails, so there is nothing to do")
        else:
            titles = ("SERVICE", "VERDICT", "RULE", "ACTIONS", "REASON")
            render.table(titles, [_plan_row(row) for row in found])

    @app.command(help=_EXPLAIN_HELP)
    def explain(
        check: Annotated[str, typer.Argument(help="A service, or the id of its check.")],
        file: File = None,
        json: Json = False,
    ) -> None:
        found = watchdog_of(kit, file).explain(check)
        render.print_json(found) if json else _tell(found)

    _register_replay(app, kit)
    _register_maintenance(app, kit)
    _register_quarantine(app, kit)


def _register_replay(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_REPLAY_HELP)
    def replay(
        since: Annotated[
            str, typer.Option("--since", help="How far back, like 24h or 7d.", metavar="WHEN")
        ] = "24h",
        policy: Annotated[
            Optional[Path],  # noqa: UP045 -- typer reads the annotation at run time
            typer.Option("--policy", help="A stack file with another [autoheal].", metavar="FILE"),
        ] = None,
        file: File = None,
        json: Json = False,
    ) -> None:
        from dataclasses import asdict

        from vrooli.autoheal.moment import moment
        from vrooli.autoheal.replay import replay as decide_again

        found = kit.stack_file(file)
        settings = kit.load_stack(policy or found).autoheal
        records = kit.watchdog(kit.home(found)).decisions(moment("since", since, time.time()))
        decided = decide_again(records, settings)
        if json:
            render.print_json([{**asdict(row), "differs": row.differs} for row in decided])
            return
        render.table(("WHEN", "SERVICE", "WAS", "WOULD BE", "REASON"), map(_replayed_row, decided))
        differ = sum(row.differs for row in decided)
        render.out(f"{len(decided)} decisions, {differ} of them otherwise")


def _register_maintenance(app: typer.Typer, kit: Kit) -> None:
    group = App(help="Have services left alone for a while.")
    app.add_typer(group, name="maintenance")

    @group.command("list", help=_WINDOWS_HELP)
    def listed(file: File = None, json: Json = False) -> None:
        client = watchdog_of(kit, file)
        found = [{**window, "in_force": True} for window in client.maintenance()]
        found += [{**window, "in_force": False} for window in client.following_maintenance()]
        if json:
            render.print_json(found)
        elif not found:
            render.out("no maintenance")
        else:
            titles = ("ID", "WHAT", "BEGINS", "ENDS", "BY", "WHY")
            render.table(titles, [_window_row(window) for window in found])

    @group.command("start", help=_BEGIN_HELP)
    def start(
        services: Annotated[list[str] | None, typer.Argument(help="Services; none: all.")] = None,
        length: Length = "1h",
        why: Why = "no reason given",
        until_green: Annotated[
            bool,
            typer.Option("--until-green", help="End when what fails meanwhile is well again."),
        ] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        body = {
            "subjects": services or [],
            "seconds": seconds(length, "--for"),
            "why": why,
            "until_green": until_green,
        }
        window = watchdog_to_command(kit, file).begin_maintenance(body)
        if json:
            render.print_json(window)
        else:
            render.out(f"maintenance {window['id']} of {_what(window)} for {length}")
            end = f"`vrooli-autoheal maintenance end {window['id']}`"
            render.out(f"  next: {render.as_called(end)}")

    @group.command("end", help=_END_HELP)
    def end(
        window: Annotated[str, typer.Argument(help="Its id, from `maintenance list`.")],
        file: File = None,
        json: Json = False,
    ) -> None:
        ended = watchdog_to_command(kit, file).end_maintenance(window)
        render.print_json(ended) if json else render.out(f"maintenance of {_what(ended)} is over")


def _register_quarantine(app: typer.Typer, kit: Kit) -> None:
    group = App(help="Services that only a person may touch.")
    app.add_typer(group, name="quarantine")

    @group.command("list", help=with_examples("Show them.", "vrooli-autoheal quarantine list"))
    def listed(file: File = None, json: Json = False) -> None:
        _show_held(watchdog_of(kit, file).quarantine(), json=json)

    @group.command("hold", help=_HOLD_HELP)
    def hold(
        service: Service, why: Why = "no reason given", file: File = None, json: Json = False
    ) -> None:
        _show_held(watchdog_to_command(kit, file).hold(service, why), json=json)

    @group.command(
        "release",
        help=with_examples(
            "Put a service back into the watchdog's hands.",
            "vrooli-autoheal quarantine release web",
        ),
    )
    def release(service: Service, file: File = None, json: Json = False) -> None:
        _show_held(watchdog_to_command(kit, file).release(service), json=json)


def _show_held(found: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        render.print_json(found)
    elif not found:
        render.out("nothing is in quarantine")
    else:
        rows = [
            (held["subject"], render.ago(held["since"]), held["by"], held["why"]) for held in found
        ]
        render.table(("SERVICE", "SINCE", "BY", "WHY"), rows)


def _replayed_row(row: "Replayed") -> tuple[str, ...]:
    mark = "" if row.differs else "the same: "
    return (
        f"{render.ago(row.at)} ago",
        row.subject,
        " by ".join(row.was),
        " by ".join(row.would_be),
        f"{mark}{row.reason.splitlines()[0]}",
    )


def _held_row(held: Mapping[str, Any]) -> tuple[str, ...]:
    return (held["subject"], f"{render.ago(held['since'])} ago", held["by"], held["why"])


def _plan_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    again = f" (again in {row['again_in']:.0f} s)" if row["again_in"] else ""
    actions = ", then ".join(row["actions"]) or "-"
    return (row["service"], row["verdict"], row["rule"], actions, f"{row['reason']}{again}")


def _window_row(window: Mapping[str, Any]) -> tuple[str, ...]:
    begins = "in force" if window["in_force"] else render.clock(window["since"])
    ends = render.clock(window["until"])
    return (window["id"], _what(window), begins, ends, window["by"], window["why"])


def _what(window: Mapping[str, Any]) -> str:
    return ", ".join(window["subjects"]) or "everything"


def _how_it_is(found: Mapping[str, Any]) -> str:
    if not found["supposed"]:
        return str(found["cause"])
    if flapping := found.get("flapping"):  # an older watchdog does not say
        return f"{flapping}; if that were confirmed"
    if any(rule["rule"] == "not-wanted" and rule["verdict"] for rule in found["rules"]):
        return "is stopped"
    return "is well; if it ended just now"


def _tell(found: Mapping[str, Any]) -> None:
    render.out(f"{found['service']}: {_how_it_is(found)}")
    render.out(f"  {found['verdict']} by rule {found['rule']}: {found['reason']}")
    if found["actions"]:
        render.out(f"  actions: {', then '.join(found['actions'])}")
    if found["again_in"]:
        render.out(f"  looked at again in {found['again_in']:.0f} s")
    render.out("")
    rows = [
        (rule["rule"], rule["verdict"] or "-", rule["reason"] or "no") for rule in found["rules"]
    ]
    render.table(("RULE", "SAYS", "BECAUSE"), rows)
