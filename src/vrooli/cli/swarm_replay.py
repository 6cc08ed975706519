"""`vrooli swarm replay`: a swarm that has run once more, with something changed, side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render, run_budget
from vrooli.cli.given import is_file, json_of
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json
from vrooli.cli.swarm_shown import short
from vrooli.cli.swarm_simulate import Policy, ScriptFile, policy_of, scripted, with_policy
from vrooli.core.amounts import dollars, length
from vrooli.core.errors import EXIT_FAILURE, UsageError

if TYPE_CHECKING:
    from vrooli.execution.swarms.simulating.recorded import Price

_REPLAY_HELP = """
Simulate a swarm that has ended once more, with another policy, plan, budget or price, and show both
side by side. What its tasks came to, cost and took is taken from what is recorded, and so is what
people did; what is not recorded, a script has to say. Nothing is started or changed.

With --model the tokens that are recorded are priced as those of another model: the answers are the
recorded ones.

Exit code: 0 when its goal is met in the replay, 1 when it fails there, 2 when something is not
known.

Examples:

  vrooli swarm replay 3f2a9c4e81d07b65 --policy '{"width": 1}'

  vrooli swarm replay swarm.json --plan @plan.json --script script.yaml

  vrooli swarm replay swarm.json --model openai:gpt-5-mini
"""

_HEAD = {"status": "outcome", "took": "took", "cost": "cost", "tokens": "tokens", "steps": "steps"}


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the command to `swarm`."""

    @group.command(help=_REPLAY_HELP)
    def replay(  # noqa: PLR0913 -- one argument for each option
        swarm: Annotated[
            str, typer.Argument(help="A swarm, or the file of an export.", metavar="SWARM|FILE")
        ],
        policy: Policy = "{}",
        plan: Annotated[str, typer.Option("--plan", help="JSON, or @FILE: another plan.")] = "",
        script: ScriptFile = None,
        budget: Annotated[
            str, typer.Option("--budget", help="Other limits, as for `run start`.")
        ] = "",
        model: Annotated[
            str, typer.Option("--model", help="Price tokens as those of `provider:model`.")
        ] = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        parts = {"policy": policy_of(policy)}
        if plan:
            parts["plan"] = json_of(plan, "--plan")
        export = _export(kit, swarm, file)
        limits = run_budget.given(budget)
        found = _replayed(export, script, parts, budget=limits, model=model)
        if json:
            render.print_json(found)
        else:
            _show(found)
        if found["replayed"]["status"] != "completed":
            raise typer.Exit(EXIT_FAILURE)


def _export(kit: Kit, said: str, file: Path | None) -> Any:
    if is_file(said):
        return json_of(f"@{said}", said)
    return kit.swarms(home_to_read(kit, file)).export_swarm(said)


def _replayed(
    export: Any, script: Path | None, parts: Mapping[str, Any], *, budget: Any, model: str
) -> dict[str, Any]:
    import asyncio
    from dataclasses import replace

    from vrooli.execution.swarms.simulating.compared import compared
    from vrooli.execution.swarms.simulating.recorded import recorded
    from vrooli.execution.swarms.simulating.simulation import simulate
    from vrooli.execution.swarms.writing import changed

    before = recorded(export)
    setup = before.setup(_price(model) if model else None)
    definition = with_policy(setup.definition, parts["policy"])
    if "plan" in parts:
        definition = changed(definition, {"plan": parts["plan"]})
    setup = replace(
        setup,
        definition=definition,
        script=scripted(script).over(setup.script),
        budget={**(setup.budget or {}), **(budget or {})} or None,
    )
    after = asyncio.run(simulate(setup)).to_json()
    notes = []
    if before.retried:
        notes.append("it was retried after its end; the replay shows its first attempt alone")
    if model:
        notes.append(f"costs are those of {model}; what models answered is what is recorded")
        if before.untold > 0:
            notes.append(f"{before.untold} tokens of large answers cost nothing here")
    found = compared(before.to_json(), after)
    return {**found, "notes": notes, "timeline": after["timeline"]}


def _price(model: str) -> "Price":
    """By the public list."""
    from vrooli.execution.llm.prices import micros
    from vrooli.execution.llm.settings import Provider

    vendor, _, name = model.partition(":")

    def price(tokens_in: int, tokens_out: int) -> int:
        found = micros(None, Provider(vendor, vendor), name, (tokens_in, tokens_out))
        if found is None:
            advice = "name one like `openai:gpt-5-mini`"
            raise UsageError(f"nobody knows the price of `{model}`", next_step=advice)
        return found

    price(1, 1)
    return price


def _show(found: Mapping[str, Any]) -> None:
    sides = found["recorded"], found["replayed"]
    rows = [(name, *(_head(key, side[key]) for side in sides)) for key, name in _HEAD.items()]
    rows.append(("at once", *(str(side["widest"]) for side in sides)))
    rows.append(("tasks begun", *(str(len(side["begun"])) for side in sides)))
    rows.append(("approvals asked", *(str(len(side["asked"])) for side in sides)))
    failures = [side["failure"] for side in sides]
    rows.append(("why", *(short(one["reason"]) if one else "-" for one in failures)))
    render.table(("", "RECORDED", "REPLAYED"), rows)
    render.out()
    tasks = [
        (one["path"], *_sides(one["recorded"], one["replayed"]))
        for one in found["tasks"]
        if not _same(one["recorded"], one["replayed"])
    ]
    if tasks:
        render.table(("TASK", "RECORDED", "REPLAYED"), tasks)
    else:
        render.out("no task came to something else")
    for note in found["notes"]:
        render.note(note)


def _head(key: str, value: Any) -> str:
    if key == "took":
        return length(value)
    return dollars(value) if key == "cost" else str(value)


def _sides(*sides: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(_task(one) if one else "-" for one in sides)


def _task(one: Mapping[str, Any]) -> str:
    took = "" if one["took"] is None else f", {length(one['took'])}"
    return f"{one['status']}{took}, {dollars(one['cost'])}"


def _same(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    """But for moments: what is recorded has those of a real machine."""
    if before is None or after is None:
        return False
    near = abs((before["took"] or 0) - (after["took"] or 0)) < 1
    keys = ("status", "output", "cost")
    return near and all(before[key] == after[key] for key in keys)
