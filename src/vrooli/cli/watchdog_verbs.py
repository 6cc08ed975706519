"""Starting and stopping the watchdog by its name. The keeper minds it: it is started by being
brought up, and stopped by itself.
"""

from collections.abc import Sequence
from pathlib import Path

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_change
from vrooli.core.errors import UsageError


def names_watchdog(names: Sequence[str]) -> bool:
    """Whether the watchdog, and nothing else, is meant.

    Raises:
        UsageError: it is named together with others.
    """
    from vrooli.stack.model import AUTOHEAL
    from vrooli.stack.own import plain_name

    meant = [plain_name(name) == AUTOHEAL for name in names]
    if any(meant) and not all(meant):
        raise UsageError(
            "the watchdog is started and stopped by itself, not together with services",
            next_step=f"say it once for `{AUTOHEAL}` and once for the others",
        )
    return any(meant)


def act_on_watchdog(kit: Kit, action: str, file: Path | None, *, json: bool) -> None:
    """Start, stop or restart it; services run on."""
    found, home = kit.stack_file(file), home_to_change(kit, file)
    if action in ("stop", "restart"):
        there = kit.stop_watchdog(home)
        if action == "stop":
            text = "stopped; services run on, unwatched" if there else "not running"
            render.print_json({"ok": True, "changed": there}) if json else render.note(text)
            return
    kit.bring_up(kit.compiled(home) or kit.load_stack(found), home)
    seen = kit.watchdog(home).health()
    text = "the watchdog was restarted" if action == "restart" else "the watchdog is running"
    render.print_json(seen) if json else render.note(text)
