"""`vrooli-autoheal install`, `uninstall` and `watchdog`: what the system starts at boot."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json
from vrooli.cli.verdict import VerdictCommand
from vrooli.core.errors import EXIT_FAILURE, Refused, UsageError
from vrooli.core.status import EXIT_CODES, Status

_INSTALL_HELP = """
Have the operating system start this stack at boot, and keep its keeper alive from now on.

For root it is a unit of the system, for others one of their own, which lingers. What runs already
runs on. It is verified, and put back as it was when that fails. A second time changes nothing.

Exit code: 0 it comes back after a reboot, 1 it does not.

Examples:

  vrooli-autoheal install

  vrooli-autoheal install --dry-run
"""

_UNINSTALL_HELP = """
Remove what `install` made. What runs, runs on, unless --down says otherwise.

Example:

  vrooli-autoheal uninstall
"""

_WATCHDOG_HELP = """
Show whether the operating system would bring this stack back after a reboot.

Exit code: 0 it would, 1 it would, with reservations, 2 it would not, 3 nobody can tell.

Example:

  vrooli-autoheal watchdog --json
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""
    _register_install(app, kit)
    _register_uninstall(app, kit)
    _register_watchdog(app, kit)


def _register_install(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_INSTALL_HELP)
    def install(
        system: Annotated[
            bool, typer.Option("--system", help="As a unit of the system: only root may.")
        ] = False,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Show files and commands, and do nothing.")
        ] = False,
        manager: Annotated[
            str,
            typer.Option(
                help="With --dry-run: that of another system (systemd, launchd, windows).",
                metavar="NAME",
            ),
        ] = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        found = kit.stack_file(file)
        home = kit.home(found) if dry_run else home_to_change(kit, file)
        stack = kit.compiled(home) or kit.load_stack(found)
        if manager and not dry_run:
            raise UsageError(
                "only --dry-run shows another one's",
                where="--manager",
                next_step="add `--dry-run`, or leave `--manager` out",
            )
        if system and not kit.is_root():
            raise Refused(
                "only root may install a unit of the system",
                where="--system",
                next_step="as root: vrooli-autoheal install; or leave --system out",
            )
        if dry_run:
            _preview(kit.preview_unit(home, stack, manager), json=json)
            return
        done = kit.install_unit(home, stack)
        _tell(done, "everything was as it should be; nothing was changed", json=json)
        if done["protection"]["status"] not in (Status.OK, Status.WARNING):
            raise typer.Exit(EXIT_FAILURE)


def _register_uninstall(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_UNINSTALL_HELP)
    def uninstall(
        down: Annotated[bool, typer.Option("--down", help="Bring the stack down first.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        home = home_to_change(kit, file)
        if down:
            lines = list(kit.bring_down(home)) if json else []
            last = lines[-1] if lines else render.follow(kit.bring_down(home))
            if not last.get("ok"):
                raise typer.Exit(EXIT_FAILURE)
        done = kit.uninstall_unit(home)
        _tell(done, "it was not installed; nothing was changed", json=json)


def _register_watchdog(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_WATCHDOG_HELP, cls=VerdictCommand)
    def watchdog(file: File = None, json: Json = False) -> None:
        seen = kit.protection(home_to_read(kit, file))
        render.print_json(seen) if json else _show(seen)
        raise typer.Exit(EXIT_CODES[Status(seen["status"])])


def _tell(done: Mapping[str, Any], unchanged: str, *, json: bool) -> None:
    if json:
        render.print_json(done)
        return
    for line in done["did"]:
        render.note(f"  {line}")
    if not done["changed"]:
        render.note(unchanged)
    if done["protection"] is not None:
        _show(done["protection"])


def _show(seen: Mapping[str, Any]) -> None:
    render.out(f"protected against reboot: {render.paint(seen['status'], seen['status'])}")
    if seen["installed"]:
        words = [word for word in ("enabled", "active") if seen[word]]
        words += {None: [], True: ["lingers"], False: []}[seen["lingers"]]
        unit = f"{seen['unit']} ({seen['scope']}): {', '.join(words) or seen['state']}"
        render.out(f"  {unit}; main process {seen['main_pid'] or 'none'}")
    for file in seen["files"]:
        if file["up_to_date"] is not None:
            render.out(f"  {file['path']}: {'up to date' if file['up_to_date'] else 'differs'}")
    if seen["last_boot"]:
        render.out(f"  last boot: {_boot(seen['last_boot'])}")
    for problem in seen["problems"]:
        render.out(f"{problem['what']}\n  next: {problem['next_step']}")


def _boot(boot: Mapping[str, Any]) -> str:
    when, took = render.ago(boot["at"]), f"{boot['seconds']:.1f} s"
    if boot["failed"]:
        return f"{when} ago; did not come up at once: {', '.join(boot['failed'])}"
    if not boot["managed"]:
        return f"{when} ago, all up within {took}, but somebody had to start it"
    return f"verified {when} ago, all up within {took}"


def _preview(plan: Mapping[str, Any], *, json: bool) -> None:
    if json:
        render.print_json(plan)
        return
    for file in plan["files"]:
        render.out(f"# {file['path']}  (mode {file['mode']}, {file['encoding']})")
        render.out(file["text"])
    for command in plan["commands"]:
        render.out(f"$ {' '.join(command)}")
    for reference in plan["unresolved"]:
        render.note(f"nothing resolves {reference} at boot: use `file:PATH`")
    for obstacle in plan["obstacles"]:
        place = f"{obstacle['where']}: " if obstacle["where"] else ""
        render.note(f"it would be refused: {place}{obstacle['what']}")
        render.note(f"  next: {obstacle['next_step']}")
