"""`vrooli up`, `down`, `restart`, and starting and stopping single services."""

import contextlib
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.changes import note_edits, warn_if_empty, what_changed
from vrooli.cli.console import tell_way_in
from vrooli.cli.help import with_examples
from vrooli.cli.interrupt import interruptible
from vrooli.cli.kit import BroughtUp, Kit, Progress, home_to_change
from vrooli.cli.options import File, Json, Names
from vrooli.cli.status import read_status
from vrooli.cli.watchdog_verbs import act_on_watchdog, names_watchdog
from vrooli.core.errors import EXIT_FAILURE, UsageError, VrooliError
from vrooli.core.home import Home

if TYPE_CHECKING:
    from vrooli.stack.diff import JobsDifference
    from vrooli.stack.model import Stack

_AGAIN = 0.5
"""Seconds between attempts to listen to the watchdog again."""

HOW_FAR = "`vrooli status` shows how far it is, `vrooli down` stops everything"
_HOW_DOWN = "`vrooli down` again ends it, `vrooli up` brings everything back"

_UP_HELP = """
Bring the stack up and wait until it is healthy.

Examples:

  vrooli up                    everything, in the background

  vrooli up web                `web` and what it needs

  vrooli up --foreground       stay attached; Ctrl-C stops everything
"""

_DOWN_HELP = """
Stop the stack: services in reverse order, then watchdog and keeper. It stays down over reboots.

Example:

  vrooli down
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""
    _register_up(app, kit)
    _register_down(app, kit)
    _register_verbs(app, kit)


def _register_up(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_UP_HELP)
    def up(
        names: Names = None,
        file: File = None,
        foreground: Annotated[
            bool, typer.Option("--foreground", help="Stay attached; Ctrl-C stops everything.")
        ] = False,
        detach: Annotated[
            bool, typer.Option("-d", "--detach", help="In the background (the default).")
        ] = False,
        takeover: Annotated[
            bool,
            typer.Option(
                "--takeover",
                help="Also when another file's stack runs in this home, or `vrooli recover` is not "
                "done there.",
            ),
        ] = False,
        json: Json = False,
    ) -> None:
        if foreground and detach:
            raise UsageError(
                "`--foreground` and `--detach` exclude each other",
                next_step="leave one of them out",
            )
        found = kit.stack_file(file)
        stack = kit.load_stack(found)
        home = kit.home(found)
        if not takeover:
            kit.check_takeover(stack, home)
        warn_if_empty(stack)
        with interruptible("keeper and watchdog may run already", HOW_FAR):
            brought = kit.start(stack, home, "up", names or [])
        if not json:
            _tell_difference(brought, stack, names or [])
        if foreground:
            last = _attached(kit, home, brought.progress, json=json)
        else:
            last = follow(brought.progress, json=json)
        if not json:
            _tell_next(kit, home, brought, last)
            tell_way_in(kit, home)
        if not last.get("ok"):
            raise typer.Exit(EXIT_FAILURE)


def _register_down(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_DOWN_HELP)
    def down(file: File = None, json: Json = False) -> None:
        home = home_to_change(kit, file)
        with interruptible("what was told to stop goes on stopping; the rest runs on", _HOW_DOWN):
            last = _show(kit.bring_down(home), json=json)
        if not last.get("ok"):
            raise typer.Exit(EXIT_FAILURE)


def _register_verbs(app: typer.Typer, kit: Kit) -> None:
    @app.command(
        help=with_examples(
            "Stop and start services again; all of them when none is named.",
            "vrooli restart web",
            "vrooli restart               everything",
        )
    )
    def restart(names: Names = None, file: File = None, json: Json = False) -> None:
        act(kit, "restart", names or [], file, json=json)

    @app.command(
        help=with_examples(
            "Start services, what they need, and what was stopped only along with them.",
            "vrooli start web",
        )
    )
    def start(names: Names = None, file: File = None, json: Json = False) -> None:
        act(kit, "start", names or [], file, json=json)

    @app.command(
        help=with_examples(
            "Stop services, and what needs them; they stay stopped over reboots. What was stopped "
            "only because it needs them runs again when they are started.",
            "vrooli stop web",
        )
    )
    def stop(names: Names = None, file: File = None, json: Json = False) -> None:
        act(kit, "stop", names or [], file, json=json)


def act(kit: Kit, action: str, names: Sequence[str], file: Any, *, json: bool) -> None:
    """Carry `action` out on `names` and exit 1 when it fails."""
    if names_watchdog(names):
        act_on_watchdog(kit, action, file, json=json)
        return
    found, home = kit.stack_file(file), home_to_change(kit, file)
    if (compiled := kit.compiled(home)) is not None:
        from vrooli.stack.naming import check_ours

        check_ours(compiled, action, names)
    if action != "stop":
        note_edits(kit, found, home)
    if action == "stop":
        progress = kit.stop(home, names)
    else:
        progress = kit.start(compiled or kit.load_stack(found), home, action, names).progress
    if not follow(progress, json=json).get("ok"):
        raise typer.Exit(EXIT_FAILURE)


def follow(progress: Progress, *, json: bool) -> Mapping[str, Any]:
    """Show how an operation goes on, or tell it as JSON; its last line."""
    with interruptible("the watchdog goes on with it", HOW_FAR, or_ended=True):
        return _show(progress, json=json)


def _show(progress: Progress, *, json: bool) -> Mapping[str, Any]:
    try:
        return _shown(progress, json=json)
    except KeyboardInterrupt as interrupted:
        # It may have come while a line was shown, and whoever makes them has to know of it.
        if isinstance(progress, Generator):
            progress.throw(interrupted)
        raise


def _shown(progress: Progress, *, json: bool) -> Mapping[str, Any]:
    from vrooli.stack.progress import measured

    if not json:
        return _explain(render.follow(progress))
    lines = [line for line in progress if measured(line) is None]
    render.print_json({"steps": lines[:-1], **(lines[-1] if lines else {})})
    return lines[-1] if lines else {"ok": False}


def _explain(last: Mapping[str, Any]) -> Mapping[str, Any]:
    error = last.get("error")
    if error:
        render.print_error(
            VrooliError(error["message"], where=error["where"], next_step=error["next_step"])
        )
    if last.get("note"):
        render.note(render.as_called(str(last["note"])))
    return last


def _tell_difference(brought: BroughtUp, stack: "Stack", said: Sequence[str]) -> None:
    from vrooli.stack.graph import transitive_needs
    from vrooli.stack.naming import resolve

    chosen = resolve(stack, said)
    touched = chosen | transitive_needs(stack, chosen)

    def tell(name: str, what: Sequence[str], *, restart: bool) -> None:
        effect = "restart" if restart and name in touched else "no restart"
        render.note(f"  ~ {name}: {', '.join(what)} ({effect})")

    if change := brought.difference:
        for sign, names in (("+", change.added), ("-", change.removed)):
            for name in names:
                render.note(f"  {sign} {name}")
        for changed in change.changed:
            tell(changed.name, changed.keys, restart=changed.restart)
        if change.settings:
            tell("autoheal", change.settings, restart=False)
        _tell_jobs(change.jobs)
    for name, references in brought.rotated.items():
        what = [f"{reference} has another value" for reference in references]
        tell(name, what, restart=True)


def _tell_jobs(change: "JobsDifference") -> None:
    for sign, names in (("+", change.added), ("-", change.removed)):
        for name in names:
            render.note(f"  {sign} job {name}")
    for changed in change.changed:
        render.note(f"  ~ job {changed.name}: {', '.join(changed.keys)} (from its next run on)")


def _tell_next(kit: Kit, home: Home, brought: BroughtUp, last: Mapping[str, Any]) -> None:
    if said := what_changed(brought, last):
        render.note(said)
    status = read_status(kit, home)
    running = [one for one in status["services"] if one["state"] == "running"]
    urls = [(one["name"], one["url"]) for one in running if one["url"]]
    render.note("")
    for name, url in urls:
        render.note(f"  {name:<14} {url}")
    render.note("")
    command = render.called_as()
    render.note(f"next:  {command} status      how everything is")
    render.note(f"       {command} logs NAME   what a service says")
    render.note(f"       {command} down        stop everything")
    if not brought.watched:
        render.note("\nnot watched: this stack has no watchdog; add [scenarios.autoheal]")
    elif not brought.protected and brought.protectable:
        render.note(f"\nnot protected against reboot: run `{command}-autoheal install`")
    elif not brought.protected:
        render.note(
            f"\nnot protected against reboot: run `{command} up` after one, or have"
            f"\n`{command} scenario start vrooli-autoheal` run at boot: it starts what was running"
        )


def _attached(kit: Kit, home: Home, progress: Progress, *, json: bool) -> Mapping[str, Any]:
    """Show the start and what happens after it. Ctrl-C stops everything, also what is just
    starting. Returns when the start failed; then what runs, runs on.
    """
    try:
        last = _show(progress, json=json)
        if not last.get("ok"):
            return last
        render.note("attached: Ctrl-C stops everything")
        while _anything_runs(kit, home):
            # The stream ends when the watchdog is replaced; that is no reason to stop anything.
            with contextlib.suppress(VrooliError):
                for event in kit.watchdog(home).events():
                    _tell_event(event)
            time.sleep(_AGAIN)
    except KeyboardInterrupt:
        render.note("")
    sys.stderr.flush()
    last = render.follow(kit.bring_down(home))
    raise typer.Exit(0 if last.get("ok") else EXIT_FAILURE)


def _anything_runs(kit: Kit, home: Home) -> bool:
    try:
        return any(service["pid"] for service in read_status(kit, home)["services"])
    except VrooliError:  # nobody can tell just now
        return True


def _tell_event(event: Mapping[str, Any]) -> None:
    if event.get("kind") == "transition":
        render.note(f"  {event['subject']}: {event['from']} -> {event['to']}  {event['why']}")
    elif event.get("kind") == "heal" and event.get("outcome"):
        render.note(f"  {event['subject']}: {event['outcome']}  ({event['cause']})")
