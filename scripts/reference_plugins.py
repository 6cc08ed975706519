"""The pages of what is discovered: checks, recovery actions, kinds of resources."""

from dataclasses import fields
from types import ModuleType
from typing import Any

import vrooli.autoheal.actions
import vrooli.autoheal.checks
import vrooli.autoheal.healers
import vrooli.stack.resources
from scripts.reference_markdown import table
from scripts.reference_stack_file import keys_of
from vrooli.autoheal.action import Action
from vrooli.autoheal.check import Check
from vrooli.autoheal.healer import Healer
from vrooli.autoheal.selftest.scenario import Scenario, scenario, scenario_names
from vrooli.core import discover
from vrooli.stack.kind import Kind


def plugins(package: ModuleType, attribute: str, expected: type[Any]) -> list[Any]:
    """Every plugin of a folder."""
    names = discover.names(package)
    return [discover.load(package, name, attribute, expected) for name in names]


CHECKS = """\
# Checks

What the watchdog looks at. Thresholds, intervals and the keys of a check are set in
`[checks.NAME]` of [`vrooli.toml`](vrooli-toml.md); `enabled = false` leaves one out. A check that
means nothing on this machine says so and is not counted. `vrooli-autoheal checks` lists all.

## Services

Every declared service is a check, `resource-NAME` or `scenario-NAME`: its process and its probe.
[Healing](healing.md) says what is done about it.

## jobs

Every declared job is a check, `job-NAME`, well when its last run was. [Jobs](jobs.md) says more.
"""


def checks() -> str:
    """Checks of the machine and of the watchdog itself."""
    text = CHECKS
    for check in plugins(vrooli.autoheal.checks, "CHECK", Check):
        text += f"\n## {check.id}\n\n{check.title}. {check.why}\n\n{_facts(check)}\n"
        if fields(check.options):
            text += f"\n{keys_of(check.options)}"
    return text


def _facts(check: Check) -> str:
    limits, facts = check.thresholds, [f"Every {check.interval:g} s"]
    if limits:
        below = " (less is worse)" if limits.downward else ""
        both = f"warning from {limits.warning:g}, critical from {limits.critical:g} {check.unit}"
        facts.append(both.strip() + below)
    else:
        facts.append("judges by itself" + (f", measures {check.unit}" if check.unit else ""))
    facts.append(f"platforms: {', '.join(check.platforms)}")
    if check.of:
        facts.append(f"one for each resource of kind `{check.of}`")
    if check.declared:
        facts.append(f'declared by `[checks.NAME]` with `kind = "{check.id}"`')
    if check.several:
        facts.append(f'more of them are declared by `[checks.NAME]` with `kind = "{check.id}"`')
    if check.ladder:
        facts.append(f"actions, mildest first: {', '.join(f'`{name}`' for name in check.ladder)}")
    return "; ".join(facts) + "."


HEALERS = """\
# Recovery actions

`vrooli-autoheal heal CHECK [ACTION]` takes one by hand, `--dry-run` shows what it does. A
destructive one needs the check's name as `--confirm`, from whoever asks.

## On services

Taken in the order of the service's `ladder`; `healing.md` says when.

"""

MACHINE = """
## On the machine

Taken without asking only when `[autoheal.allow] actions` names them, at a mere warning only safe
ones. A watchdog that is not root takes them by `sudo -n`; `vrooli-autoheal sudoers` prints the
lines that this needs.

"""


def healers() -> str:
    """Recovery actions."""
    found = plugins(vrooli.autoheal.healers, "HEALER", Healer)
    rows = [(f"`{healer.id}`", healer.title, healer.danger) for healer in found]
    text = HEALERS + table("action | what it does | danger", rows)
    steps = plugins(vrooli.autoheal.actions, "ACTION", Action)
    rows = [(f"`{s.id}`", f"{s.title}{_program(s)}", s.danger) for s in steps]
    return text + MACHINE + table("action | what it does | danger", rows)


def _program(step: Action) -> str:
    more = ("...",) if step.listed is not None else ()
    return f": `{' '.join((step.program, *step.arguments, *more))}`" if step.program else ""


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


SELFTEST = """\
# Selftest

`vrooli-autoheal selftest` breaks throw-away services on purpose, in a stack of its own, and sees
whether each promise is kept on this machine. CI runs all of them. People are told by a hook, which
counts: in each scenario they are paged about what stands under "pages", once each, and about
nothing else; and but for what is marked with `*`, which is still wrong at the end, they hear once
that it is over. A scenario that needs what this machine cannot have (mounts and a name server, for
which one must be root; libfaketime) says so and does not count as kept. In none of them is anything
healed because of a look that was `unknown`.

"""


def selftest() -> str:
    """Every scenario."""
    found = [scenario(name) for name in scenario_names()]
    rows = [(f"`{s.id}`", s.fault, s.promise, _pages(s)) for s in found]
    return SELFTEST + table("scenario | fault | promise | pages", rows)


def _pages(chosen: Scenario) -> str:
    marked = [f"`{name}`{'*' * (name in chosen.lasting)}" for name in chosen.pages]
    return ", ".join(marked) or "none"
