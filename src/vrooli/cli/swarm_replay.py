"""`vrooli swarm replay`: a swarm that has run once more, with something changed, side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render, run_budget
from vrooli.cli.given import is_file, json_of
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json
from vrooli.cli.swarm_compare import show
from vrooli.cli.swarm_simulate import Policy, ScriptFile, policy_of, scripted, with_policy
from vrooli.core.errors import EXIT_FAILURE

if TYPE_CHECKING:
    from vrooli.execution.swarms.simulating.told import Price

_REPLAY_HELP = """
Simulate a swarm that has ended once more, with another policy, plan, budget or price, and show both
side by side. What its tasks came to, cost and took is taken from what is recorded, and so is what
people did; what is not recorded, a script has to say. Nothing is started or changed.

With --model the tokens that are recorded are priced as those of another model, by the prices that
the server is given in VROOLI_MODELS or else the public list: the answers are the recorded ones.

Exit code: 0 when its goal is met in the replay, 1 when it fails there, 2 when something is not
known.

Examples:

  vrooli swarm replay 3f2a9c4e81d07b65 --policy '{"width": 1}'

  vrooli swarm replay swarm.json --plan @plan.json --script script.yaml

  vrooli swarm replay swarm.json --model openai:gpt-5-mini
"""


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
        price = _price(kit, model, file) if model else None
        found = _replayed(export, script, parts, budget=limits, priced=(model, price))
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


def _price(kit: Kit, model: str, file: Path | None) -> "Price":
    from vrooli.execution.llm.prices import named

    return named(kit.models(file), model)


def _replayed(
    export: Any,
    script: Path | None,
    parts: Mapping[str, Any],
    *,
    budget: Any,
    priced: "tuple[str, Price | None]",
) -> dict[str, Any]:
    import asyncio
    from dataclasses import replace

    from vrooli.client.swarm_comparing import compared
    from vrooli.execution.swarms.simulating.outcomes import outcome, short
    from vrooli.execution.swarms.simulating.recorded import recorded
    from vrooli.execution.swarms.simulating.simulation import simulate
    from vrooli.execution.swarms.writing import changed, parts_of

    before = recorded(export)
    model, price = priced
    setup = before.setup(price)
    told = setup.script
    definition = with_policy(setup.definition, parts["policy"])
    if "plan" in parts:
        definition = changed(definition, {"plan": parts["plan"]})
        told = before.otherwise(told, (parts_of(definition) or {})["plan"])
    setup = replace(
        setup,
        definition=definition,
        script=scripted(script).over(told),
        budget={**(setup.budget or {}), **(budget or {})} or None,
    )
    after = asyncio.run(simulate(setup)).to_json()
    notes = []
    if model:
        notes.append(f"costs are those of {model}; what models answered is what is recorded")
        if before.untold > 0:
            notes.append(f"{before.untold} tokens of large answers cost nothing here")
    sides = {"recorded": before.to_json(), "replayed": after}
    found = compared(*map(outcome, sides.values()))
    heads = {name: short(side) for name, side in sides.items()}
    return {**heads, **found, "notes": notes, "timeline": after["timeline"]}


def _show(found: Mapping[str, Any]) -> None:
    show(found, ("RECORDED", "REPLAYED"))
    for note in found["notes"]:
        render.note(note)
