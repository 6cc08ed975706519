"""`vrooli run pause|resume|retry|fork`: steer runs that are under way, and go on with those that
ended.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.inputs import Input, Inputs, inputs_of
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json, Run

if TYPE_CHECKING:
    from vrooli.client.work import WorkClient

_PAUSE_HELP = """
Begin no new step of a run. What runs in it ends and is kept; what only waits
is put down at once.

Example:

  vrooli run pause 3f2a9c4e81d07b65
"""

_RESUME_HELP = """
Go on with a run that was paused. What was completed is not done again.

Example:

  vrooli run resume 3f2a9c4e81d07b65
"""

_RETRY_HELP = """
Go on with a run that failed or was cancelled: with the steps that failed, or from one step on.

Everything else keeps what it came to; earlier attempts stay in the journal.

Examples:

  vrooli run retry 3f2a9c4e81d07b65

  vrooli run retry 3f2a9c4e81d07b65 --from 'each[2].fetch'
"""

_FORK_HELP = """
Start a new run from inside another one. What its journal has before the step is kept,
also where inputs are changed; what comes after sees the new ones.

Examples:

  vrooli run fork 3f2a9c4e81d07b65 --from report

  vrooli run fork 3f2a9c4e81d07b65 --from report --input days=30
"""

From = Annotated[
    str, typer.Option("--from", help="A step, map or loop, as `run show` names it.", metavar="PATH")
]


def register_steering(group: typer.Typer, kit: Kit) -> None:
    """Add the commands."""
    _register_pauses(group, kit)
    _register_rounds(group, kit)


def _register_pauses(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_PAUSE_HELP)
    def pause(run: Run, file: File = None, json: Json = False) -> None:
        found = _client(kit, file).pause(run)
        words = "no new step begins; what runs ends first" if found["pausing"] else "paused"
        _show(found, words, f"run resume {run}", json=json)

    @group.command(help=_RESUME_HELP)
    def resume(run: Run, file: File = None, json: Json = False) -> None:
        found = _client(kit, file).resume(run)
        _show(found, found["status"], f"run watch {run}", json=json)


def _register_rounds(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_RETRY_HELP)
    def retry(run: Run, path: From = "", file: File = None, json: Json = False) -> None:
        found = _client(kit, file).retry(run, path or None)
        _show(found, found["status"], f"run watch {run}", json=json)

    @group.command(help=_FORK_HELP)
    def fork(
        run: Run,
        path: Annotated[
            str,
            typer.Option(
                "--from", help="The first step that is done anew, or a map or loop.", metavar="PATH"
            ),
        ],
        input_: Input = None,
        inputs: Inputs = None,
        file: File = None,
        json: Json = False,
    ) -> None:
        made = _client(kit, file).fork(run, path, inputs_of(inputs, input_ or []))
        if json:
            render.print_json(made)
        else:
            render.out(made["id"])
            render.note(f"  next: `{render.called_as()} run watch {made['id']}`")


def _client(kit: Kit, file: Path | None) -> "WorkClient":
    return kit.work(home_to_change(kit, file))


def _show(run: Mapping[str, Any], words: str, following: str, *, json: bool) -> None:
    if json:
        render.print_json(run)
    else:
        render.note(f"{run['id']}: {words}")
        render.note(f"  next: `{render.called_as()} {following}`")
