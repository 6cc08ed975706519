"""`vrooli swarm simulate`: a whole swarm without a server, in virtual time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render, run_budget
from vrooli.cli.given import json_of
from vrooli.cli.inputs import Input, Inputs, inputs_of
from vrooli.cli.options import Json
from vrooli.core.amounts import dollars, length
from vrooli.core.errors import EXIT_FAILURE, UsageError

if TYPE_CHECKING:
    from vrooli.execution.swarms.simulating.script import Script
    from vrooli.flow.reading import Mistake
    from vrooli.flow.yaml import Document

_SIMULATE_HELP = """
Try a swarm without a server: it decides as it would there, in virtual time, and what its tasks come
to is scripted. Routines and swarms in the files beside it are run for real, as far as they need
nothing outside. Nothing is stored, sent or asked.

The script is YAML: `runs` by task or routine (`*` stands for any letters), `steps` by ROUTINE/STEP,
each with `output`, `answer` (of a model), `fails` or `approved`, and `takes`, `cost`, `tokens`,
`steps`; a list for one after the other. `events` say at which time what happens: `message`,
`board`, `policy`, `plan`, `budget`, `hand`, `take-back`, `pause`, `resume`, `stop` or `retry`. What
is scripted has to fit the output that its step or its routine declares.

Exit code: 0 when its goal is met, 1 when it fails, 2 when something is not scripted.

Examples:

  vrooli swarm simulate triage.yaml --script script.yaml --input path=/var

  vrooli swarm simulate triage.yaml --script script.yaml --policy '{"width": 1}' --json
"""

_SUFFIXES = (".yaml", ".yml", ".json")

_TITLES = ("TIME", "EVENT", "WHERE", "SAYS")

LONGEST = 100
"""Columns of what a line says."""

Policy = Annotated[
    str, typer.Option("--policy", help="JSON, or @FILE: what of its policy is another.")
]
ScriptFile = Annotated[
    Path | None, typer.Option("--script", help="What its tasks come to, as YAML.", metavar="FILE")
]


def register(group: typer.Typer) -> None:
    """Add the command to `swarm`."""

    @group.command(help=_SIMULATE_HELP)
    def simulate(  # noqa: PLR0913 -- one argument for each option
        file: Annotated[Path, typer.Argument(help="The swarm's file.", metavar="FILE")],
        input_: Input = None,
        inputs: Inputs = None,
        script: ScriptFile = None,
        policy: Policy = "{}",
        budget: Annotated[
            str, typer.Option("--budget", help="Instead of what it says, as for `run start`.")
        ] = "",
        json: Json = False,
    ) -> None:
        found = _simulated(
            file,
            script,
            inputs=inputs_of(inputs, input_ or []),
            policy=policy_of(policy),
            budget=run_budget.given(budget),
        )
        if json:
            render.print_json(found)
        else:
            _show(found)
        if found["status"] != "completed":
            raise typer.Exit(EXIT_FAILURE)


def _simulated(
    file: Path, script: Path | None, policy: Mapping[str, Any], **given: Any
) -> dict[str, Any]:
    import asyncio

    from vrooli.cli.routine_files import parsed
    from vrooli.execution.swarms.reading import SwarmError
    from vrooli.execution.swarms.simulating.lacking import NotScripted
    from vrooli.execution.swarms.simulating.simulation import Setup, simulate
    from vrooli.execution.swarms.writing import routine_of

    document = parsed(file)
    try:
        definition = routine_of(document.data)
    except SwarmError as error:
        raise wrong(file, document, error.mistakes) from error
    said, path = scripted(script), [one.resolve() for one in (file, script) if one is not None]
    there = Beside({}, []) if str(file) == "-" else beside(file.resolve().parent, path)
    setup = Setup(with_policy(definition, policy), routines=there.routines, script=said, **given)
    try:
        found = asyncio.run(simulate(setup))
    except NotScripted as error:
        there.tell(error.sought)
        raise
    there.tell(found.sought)
    return found.to_json()


def with_policy(definition: dict[str, Any], policy: Mapping[str, Any]) -> dict[str, Any]:
    """The same swarm, in whose policy these keys are others; null takes one away.

    Raises:
        UsageError: that cannot be a policy of it.
    """
    from vrooli.client.swarm_texts import changed_policy
    from vrooli.execution.swarms.reading import SwarmError
    from vrooli.execution.swarms.writing import changed, parts_of

    own = (parts_of(definition) or {}).get("policy", {})
    if not policy:
        return definition
    try:
        return changed(definition, {"policy": changed_policy(own, policy)})
    except SwarmError as error:
        advice = "correct what `--policy` says"
        raise UsageError(error.what, where="--policy", next_step=advice) from error


def policy_of(said: str) -> dict[str, Any]:
    """Parts of a policy, as the option says them.

    Raises:
        UsageError: they cannot be.
    """
    found = json_of(said, "--policy")
    if not isinstance(found, dict):
        advice = """write it like '{"width": 1}'"""
        raise UsageError("expected an object", where="--policy", next_step=advice)
    return found


def scripted(file: Path | None) -> "Script":
    """What the file says.

    Raises:
        UsageError: every mistake in it, by its line.
    """
    from vrooli.cli.routine_files import parsed
    from vrooli.execution.swarms.reading import SwarmError
    from vrooli.execution.swarms.simulating.script import Script, read_script

    if file is None:
        return Script()
    document = parsed(file)
    try:
        return read_script(document.data)
    except SwarmError as error:
        raise wrong(file, document, error.mistakes) from error


def wrong(file: Path, document: "Document", mistakes: "list[Mistake]") -> UsageError:
    """What is wrong with a file, by its lines."""
    told = sorted(mistakes, key=lambda one: document.line(one.place))
    lines = [f"{file}:{document.line(one.place)}: {one.where}: {one.reason}" for one in told]
    return UsageError("\n".join(lines), next_step="mend the file")


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside the file of a swarm.

    Attributes:
        routines: definitions of routines and swarms, by name.
        unread: of what cannot be read its name, empty where that is not known, and a note.
    """

    routines: dict[str, Any]
    unread: list[tuple[str, str]]

    def tell(self, sought: Iterable[str]) -> None:
        """What could not be read, where it may be what was needed and is not there."""
        names = set(sought)
        for name, note in self.unread:
            if name in names or (names and not name):
                render.note(note)


def beside(folder: Path, others: list[Path]) -> Beside:
    """All that lies in a folder, but for these files."""
    from vrooli.cli.routine_files import parsed

    found = Beside({}, [])
    for file in sorted(folder.iterdir()):
        if file.suffix not in _SUFFIXES or file in others or not file.is_file():
            continue
        name = ""
        try:
            data = parsed(file).data
            name = str(data.get("name", "")) if isinstance(data, dict) else "-"
            definition = _definition(data)
        except UsageError as error:
            found.unread.append((name, f"{file.name} is left out: {error.what}"))
            continue
        if definition is not None:
            found.routines[definition["name"]] = definition
    return found


def _definition(data: Any) -> dict[str, Any] | None:
    from vrooli.execution.step_types import read_routine
    from vrooli.execution.swarms.writing import routine_of

    if not isinstance(data, dict) or "name" not in data:
        return None
    if "goal" in data:
        return routine_of(data)
    if "do" in data:
        read_routine(data)
        return data
    return None


def _show(found: Mapping[str, Any]) -> None:
    rows = list[tuple[str, ...]]()
    for one in found["timeline"]:
        where = one["path"] or found["swarm"]
        rows.append((clock(one["at"]), one["what"], where, _short(one["says"])))
        rows += [("", "", "", _short(line)) for line in one.get("diff", "").splitlines()]
    render.table(_TITLES, rows)
    render.out()
    failure = found["failure"]
    status = render.paint(found["status"], found["status"])
    why = f": {failure['kind']}: {failure['reason']}" if failure else ""
    render.out(f"end      {status}{why}")
    render.out(f"took     {length(found['took'])}")
    render.out(f"cost     {dollars(found['cost'])}, {found['tokens']} tokens")
    render.out(f"steps    {found['steps']}")
    render.out(f"tasks    {len(found['tasks'])} begun, at most {found['widest']} at once")


def clock(seconds: float) -> str:
    """A virtual time, like `1:02:03`."""
    whole, part = divmod(round(seconds * 1000), 1000)
    minutes, left = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" + (f".{part:03}" if part else "")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
