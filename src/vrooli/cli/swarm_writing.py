"""`vrooli swarm write`: what is written on a swarm is changed while it runs."""

import time
from collections.abc import Mapping
from json import dumps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.given import json_of
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json

if TYPE_CHECKING:
    from vrooli.client.swarms import SwarmClient

_HELP = """
Change what is written on a swarm while it runs: its plan, its policy, or what stands on its
blackboard. Each version is kept; with --seen nothing is changed where somebody was faster.

Of the policy only what is named is changed, and null takes a key away; with --whole it is replaced.
A plan and what stands on the blackboard are always replaced.

What `swarm show --json` prints of a plan or a policy can be written again: its `value`, in the
place of the version that was shown.

Examples:

  vrooli swarm write 3f2a9c4e81d07b65 board.severity '"high"'

  vrooli swarm write 3f2a9c4e81d07b65 policy '{"width": 1, "deadline": null}'

  vrooli swarm write 3f2a9c4e81d07b65 plan @plan.json --seen 1

  vrooli swarm show 3f2a9c4e81d07b65 --json | jq .swarm.plan > plan.json
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the command to `swarm`."""

    @group.command(help=_HELP)
    def write(  # noqa: PLR0913 -- one argument for each option
        swarm: Annotated[str, typer.Argument(help="The swarm.", metavar="SWARM")],
        name: Annotated[str, typer.Argument(help="plan, policy or board.KEY", metavar="NAME")],
        value: Annotated[str, typer.Argument(help="JSON, or @FILE or - with it.", metavar="JSON")],
        seen: Annotated[
            int | None, typer.Option("--seen", min=0, help="The version that it replaces.")
        ] = None,
        whole: Annotated[
            bool, typer.Option("--whole", help="Replace the policy, and not only what is named.")
        ] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.client.swarm_texts import NAMES, as_shown

        client, said = kit.swarms(home_to_change(kit, file)), json_of(value, "JSON")
        if shown := as_shown(name, said):
            said, version = shown
            seen, whole = version if seen is None else seen, True
        if name in NAMES:
            found, notes = _changed(client, swarm, name, said, seen, whole=whole)
        else:
            found, notes = client.write(swarm, name, said, seen), []
        if json:
            render.print_json(found)
        else:
            render.note(f"{swarm}: {name} has version {found['version']}")
            for note in notes:
                render.note(f"  {note}")


def _changed(
    client: "SwarmClient", swarm: str, name: str, said: Any, seen: int | None, *, whole: bool
) -> tuple[dict[str, Any], list[str]]:
    """The answer, and what to tell: what a policy is by now, what the swarm may do beyond what it
    might, and what ends. Where somebody writes another policy meanwhile, nothing is changed.
    """
    from vrooli.client.swarm_changes import POLICY, meant_by
    from vrooli.client.swarm_texts import changed_policy

    before, after, notes = client.swarm(swarm)["swarm"], said, list[str]()
    if name == POLICY and isinstance(said, dict):
        now, version = _policy(before)
        after = said if whole else changed_policy(now, said)
        seen = version if seen is None else seen
        notes = [dumps(after, ensure_ascii=False)]
    at = time.time()
    found = client.write(swarm, name, after, seen)
    return found, [*notes, *meant_by(before, name, after, at).lines]


def _policy(swarm: Mapping[str, Any] | None) -> tuple[dict[str, Any], int]:
    """As it is, and which version."""
    return (swarm["policy"]["value"], swarm["policy"]["version"]) if swarm else ({}, 0)
