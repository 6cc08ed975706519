"""The pages of what is discovered: checks, recovery actions, kinds of resources."""

from dataclasses import fields
from types import ModuleType
from typing import Any

import vrooli.autoheal.checks
import vrooli.autoheal.healers
import vrooli.stack.resources
from scripts.reference_markdown import table
from scripts.reference_stack_file import keys_of
from vrooli.autoheal.check import Check
from vrooli.autoheal.healer import Healer
from vrooli.core import discover
from vrooli.stack.kind import Kind


def plugins(package: ModuleType, attribute: str, expected: type[Any]) -> list[Any]:
    """Every plugin of a folder."""
    names = discover.names(package)
    return [discover.load(package, name, attribute, expected) for name in names]


def checks() -> str:
    """Checks of the machine and of the watchdog itself."""
    rows = []
    for check in plugins(vrooli.autoheal.checks, "CHECK", Check):
        limits = check.thresholds
        shown = f"{limits.warning:g} / {limits.critical:g} {check.unit}" if limits else "its own"
        rows.append((f"`{check.id}`", check.why, f"{check.interval:g} s", shown))
    return (
        "# Checks\n\nBesides these, every declared service is a check: `resource-NAME`, "
        "`scenario-NAME`.\n\n" + table("check | why | every | warning / critical", rows)
    )


def healers() -> str:
    """Recovery actions."""
    found = plugins(vrooli.autoheal.healers, "HEALER", Healer)
    rows = [(f"`{healer.id}`", healer.title, healer.danger) for healer in found]
    return "# Recovery actions\n\n" + table("action | what it does | danger", rows)


def resources() -> str:
    """Kinds of resources, and the keys that only one kind knows."""
    text = "# Kinds of resources\n"
    for kind in plugins(vrooli.stack.resources, "KIND", Kind):
        text += f"\n## `{kind.name}`\n\n{kind.title}: {kind.summary}.\n\n"
        text += f"Runtimes: {', '.join(kind.runtimes)}. Port: {kind.default_port or 'none'}. "
        text += f"Stopped by {', '.join(kind.stop_signals)}.\n"
        if fields(kind.options):
            text += f"\n{keys_of(kind.options)}"
    return text
