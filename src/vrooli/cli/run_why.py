"""`vrooli run why`, `effects` and `decide`: what keeps a run from going on, and how it goes on."""

import json as jsonlib
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json
from vrooli.cli.run_signal import kept_signals
from vrooli.core.errors import UsageError

_WHY_HELP = """
Tell why a run, or a step of it, is where it is, since when, and what to do.

Examples:

  vrooli run why 3f2a9c4e81d07b65

  vrooli run why 3f2a9c4e81d07b65 --step 'each[2].fetch'
"""

_EFFECTS_HELP = """
List attempts that nobody knows whether they were done: their process or
connection ended in the middle, and doing them twice might harm. Of one run,
also what was decided before.

Examples:

  vrooli run effects

  vrooli run effects 3f2a9c4e81d07b65
"""

_DECIDE_HELP = """
Say what became of an attempt of unknown effect: it was `done`, or it is to be
done `again`. The run goes on from there; who decided, and why, is kept.

Examples:

  vrooli run decide 3f2a9c4e81d07b65 pay done --output '{"invoice": 7}' --why "it is in the books"

  vrooli run decide 3f2a9c4e81d07b65 pay again --why "the bank has no trace of it"
"""

_ENDS = {"policy": ", the deadline of its policy", "budget": ", the end of its budget's time"}
"""By what ends a swarm then."""

Id = Annotated[str, typer.Argument(help="The run.", metavar="RUN")]


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the commands to `run`."""
    _register_why(group, kit)
    _register_effects(group, kit)
    _register_decide(group, kit)


def _register_why(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_WHY_HELP)
    def why(
        run: Id,
        step: Annotated[str, typer.Option("--step", help="One of its steps.")] = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        reason = kit.work(home_to_read(kit, file)).why(run, step)
        if json:
            render.print_json(reason)
            return
        show_why(reason)


def show_why(reason: Mapping[str, Any]) -> None:
    """A reason; what to do is told as it can be copied."""
    *said, advice = lines(reason, time.time())
    for line in said:
        render.prose(render.as_called(line), indent="    ")
    render.out(render.as_called(advice))


def lines(reason: Mapping[str, Any], now: float) -> list[str]:
    """A reason, as people read it."""
    says = reason["says"].replace("\n", " ")  # no line of it is to look like one of ours
    said = [f"{says} ({reason['code']})", f"  since: {_moment(reason['since'])}"]
    if reason["until"]:
        left = render.until(reason["until"], now)
        what = _ENDS.get(reason.get("until_of", ""), "")
        said.append(f"  until: {_moment(reason['until'])} (in {left}){what}")
    if reason.get("kept"):
        said.append(f"  kept: {kept_signals(reason['kept'])}")
    return [*said, f"  next: {reason['next_step']}"]


def _register_effects(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_EFFECTS_HELP)
    def effects(
        run: Annotated[str | None, typer.Argument(help="One run.", metavar="[RUN]")] = None,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = kit.work(home_to_read(kit, file))
        found = client.effects() if run is None else client.effects_of(run)
        if json:
            render.print_json(found)
            return
        undecided = found["effects" if run is None else "undecided"]
        if undecided:
            titles = ("RUN", "STEP", "TYPE", "FAILED", "WHY")
            render.table(titles, [_undecided(one) for one in undecided])
            if found.get("next_cursor"):
                render.note("there are more, which come when these are decided")
            render.note(f"  next: `{render.called_as()} run decide RUN STEP done|again --why TEXT`")
        else:
            render.note("nothing waits for a decision")
        if decided := found.get("decided"):
            render.out()
            titles = ("STEP", "DECIDED", "WHEN", "BY", "WHY")
            render.table(titles, [_decided(one) for one in decided])


def _register_decide(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_DECIDE_HELP)
    def decide(  # noqa: PLR0913 -- each is an option of the command
        run: Id,
        step: Annotated[str, typer.Argument(help="Its step, as `effects` names it.")],
        decision: Annotated[str, typer.Argument(help="`done` or `again`.")],
        why: Annotated[str, typer.Option("--why", help="How you know.")],
        output: Annotated[
            str | None, typer.Option("--output", help="What a step that was done came to, as JSON.")
        ] = None,
        file: File = None,
        json: Json = False,
    ) -> None:
        if decision not in ("done", "again"):
            raise UsageError(
                f"expected `done` or `again`, found {decision!r}",
                next_step="`done` takes it as done, `again` does it once more",
            )
        if output is not None and decision == "again":
            raise UsageError(
                "what is done again has no output yet",
                where="--output",
                next_step="leave `--output` out, or decide `done`",
            )
        value = _output(output)
        client = kit.work(home_to_change(kit, file))
        found = client.decide_effect(run, step, decision, value, why)
        if json:
            render.print_json(found)
        else:
            render.note(f"{run}: it goes on")
            render.note(f"  next: `{render.called_as()} run show {run}`")


def _output(said: str | None) -> Any:
    try:
        return None if said is None else jsonlib.loads(said)
    except ValueError as error:
        raise UsageError(
            f"this is no JSON: {error}",
            where="--output",
            next_step='write JSON, a text in quotes: "text"',
        ) from error


def _undecided(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        one["run"],
        one["path"],
        one["type"],
        f"{render.ago(one['failed_at'])} ago",
        one["reason"],
    )


def _decided(one: Mapping[str, Any]) -> tuple[str, ...]:
    when = f"{render.ago(one['decided_at'])} ago"
    return one["path"], one["decision"], when, one["by"], one["why"]


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
