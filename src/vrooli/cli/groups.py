"""`vrooli scenario ...` and `vrooli resource ...`: the same verbs, for one role each."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.help import App, with_examples
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.lifecycle import act
from vrooli.cli.logs import last_lines
from vrooli.cli.options import File, Json, Name
from vrooli.cli.status import read_status, show_services, show_watchdog
from vrooli.cli.upgrade import register_upgrade
from vrooli.cli.verdict import VerdictCommand
from vrooli.core.errors import UsageError
from vrooli.core.nearest import did_you_mean
from vrooli.core.status import EXIT_CODES, Status, worst

_NAMED = {"scenario": "server", "resource": "postgres"}
"""One of each, for examples."""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add both groups."""
    for role, title in (("scenario", "Applications"), ("resource", "What applications need")):
        group = App(help=f"{title}: list, start, stop, look.")
        app.add_typer(group, name=role)
        _verbs(group, kit, role)
        _views(group, kit, role)
        if role == "resource":
            register_upgrade(group, kit, lambda said, file: _resolve(kit, "resource", said, file))


def _verbs(group: typer.Typer, kit: Kit, role: str) -> None:
    def verb(action: str, text: str) -> None:
        @group.command(action, help=with_examples(text, f"vrooli {role} {action} {_NAMED[role]}"))
        def command(name: Name, file: File = None, json: Json = False) -> None:
            act(kit, action, [_resolve(kit, role, name, file)], file, json=json)

    verb("start", f"Start a {role}, and what it needs.")
    verb("stop", f"Stop a {role}, and what needs it; it stays stopped over reboots.")
    verb("restart", f"Stop a {role} and start it again.")


def _views(group: typer.Typer, kit: Kit, role: str) -> None:
    @group.command(
        "list",
        help=with_examples(f"List every {role} with its state.", f"vrooli {role} list --json"),
    )
    def list_(file: File = None, json: Json = False) -> None:
        rows = _rows(kit, role, file)
        if json:
            render.print_json(rows)
        else:
            cells = [(r["name"], r["state"], r["health"], r["url"] or "-") for r in rows]
            render.table(("NAME", "STATE", "HEALTH", "URL"), cells)

    @group.command(
        help=with_examples(
            f"Show one {role}. Exit code: 0 ok, 1 warning, 2 critical, 3 unknown.",
            f"vrooli {role} status {_NAMED[role]}",
        ),
        cls=VerdictCommand,
    )
    def status(name: Name, file: File = None, json: Json = False) -> None:
        chosen = _resolve(kit, role, name, file)
        home = home_to_read(kit, file)
        seen = read_status(kit, home)
        rows = [s for s in seen["services"] if s["name"] == chosen or _instance(s["name"], chosen)]
        if json:
            render.print_json(rows[0] if len(rows) == 1 else rows)
        else:
            show_services(rows)
            show_watchdog(seen["watchdog"])
        raise typer.Exit(EXIT_CODES[worst(Status(row["health"]) for row in rows)])

    @group.command(
        help=with_examples(
            f"Show the log of a {role}.", f"vrooli {role} logs {_NAMED[role]} -n 200"
        )
    )
    def logs(
        name: Name,
        lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many.")] = 50,
        file: File = None,
    ) -> None:
        home = home_to_read(kit, file)
        for line in last_lines(kit, home, name, lines):
            render.out(line)


def _rows(kit: Kit, role: str, file: Path | None) -> list[dict[str, Any]]:
    home = home_to_read(kit, file)
    return [s for s in read_status(kit, home)["services"] if s["kind"] == role]


def _resolve(kit: Kit, role: str, said: str, file: Path | None) -> str:
    found = kit.stack_file(file)
    stack = kit.compiled(kit.home(found)) or kit.load_stack(found)
    services = [s for s in stack.services.values() if s.role == role]
    known = {s.name for s in services} | {s.group for s in services}
    for name in (said, said.removeprefix("vrooli-")):
        if name in known:
            return name
    other = next((s.role for s in stack.services.values() if said in (s.name, s.group)), None)
    if other is not None:
        raise UsageError(
            f"`{said}` is a {other}, not a {role}", next_step=f"`vrooli {other} --help`"
        )
    raise UsageError(
        f"there is no {role} `{said}`{did_you_mean(said, known)}",
        next_step=f"`vrooli {role} list` shows them",
    )


def _instance(name: str, group: str) -> bool:
    return name.startswith(f"{group}-") and name.removeprefix(f"{group}-").isdigit()
