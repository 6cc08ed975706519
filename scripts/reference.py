"""Write docs/reference/ from the source, or with `--check` say which page is out of date.

Every page is a projection of what the code says of itself: a check, a healer, a kind, a key or a
route that is not described cannot be rendered, and a page that was not written anew fails a test.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import typer

import vrooli.autoheal.checks
import vrooli.autoheal.healers
import vrooli.stack.resources
from vrooli.autoheal.check import Check
from vrooli.autoheal.healer import Healer
from vrooli.core import discover
from vrooli.main import cli
from vrooli.stack import sections
from vrooli.stack.init import init_text
from vrooli.stack.kind import Kind

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
NOTE = "<!-- Written by `make reference` from the source; edit that instead. -->\n\n"


def plugins(package: ModuleType, attribute: str, expected: type[Any]) -> list[Any]:
    """Every plugin of a folder."""
    names = discover.names(package)
    return [discover.load(package, name, attribute, expected) for name in names]


def table(heads: str, rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table. An empty first or second cell means something undescribed: ValueError."""
    lines = [f"| {heads} |", "|" + "---|" * (heads.count("|") + 1)]
    for row in rows:
        cells = [str(cell).replace("|", "\\|").replace("\n", " ") for cell in row]
        if not all(cells[:2]):
            raise ValueError(f"not described: {cells}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


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
        text += f"\n## `{kind.name}`\n\n{kind.title}. {kind.summary}\n\n"
        text += f"Runtimes: {', '.join(kind.runtimes)}. Port: {kind.default_port or 'none'}. "
        text += f"Stopped by {', '.join(kind.stop_signals)}.\n"
        if fields(kind.options):
            text += f"\n{_keys(kind.options)}"
    return text


def _keys(section: type) -> str:
    rows = [(f"`{k.name}`", k.doc, k.expects, k.default) for k in sections.keys(section)]
    return table("key | meaning | takes | without it", rows)


STACK_FILE = """\
# `vrooli.toml`

What runs on this host, said once. `vrooli init` writes a first one, `vrooli config check` names
every mistake with its line, `vrooli config schema` prints the JSON Schema for editors. Without a
file there is a default stack: PostgreSQL, the server and the watchdog.

The file is searched upward from the current folder, or named by `-f FILE`. Names of services have
at most 40 lower-case letters, digits and hyphens and begin with a letter. Durations are seconds
(`0.5`, `30`) or a text with one unit (`"500ms"`, `"5s"`, `"2m"`, `"1h"`). Relative paths start at
the folder of the file, `~` is the home folder. A key that is not listed here is an error.

Secrets never stand in the file: `env:NAME` is a variable of the environment in which `vrooli up`
runs, `file:PATH` the content of a file that not every user of the host may read, without its last
newline. In `env`, `resource:NAME` is the connection URL of a resource, with its password.
"""


def stack_file() -> str:
    """The keys of `vrooli.toml`."""
    parts = {
        "[stack]": sections.StackSection,
        "[resources.NAME]": sections.ResourceSection,
        "[scenarios.NAME]": sections.ScenarioSection,
        "health": sections.HealthSection,
        "[autoheal]": sections.AutohealSection,
        "[autoheal.checks]": sections.ThresholdSection,
    }
    text = STACK_FILE
    for head, section in parts.items():
        text += f"\n## `{head}`\n\n{sections.summary(section)}\n\n"
        if section is sections.ScenarioSection:
            text += "Its keys are those of a resource without `kind`.\n"
        else:
            text += _keys(section)
    sample = init_text({}, "default")
    return f"{text}\n## What `vrooli init` writes\n\n```toml\n{sample}```\n"


def commands() -> str:
    """Every command with its options."""
    text = "# Commands\n"
    for name, app in cli.apps().items():
        for path, command in _walk(name, typer.main.get_command(app)):
            text += f"\n## `{path}`\n\n{_described(path, command)}\n"
    return text


def _walk(path: str, command: Any) -> Iterable[tuple[str, Any]]:
    """The command and all below it; hidden ones are not for people."""
    yield path, command
    if not hasattr(command, "list_commands"):
        return
    context = command.make_context(path, [], resilient_parsing=True)
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if not child.hidden:
            yield from _walk(f"{path} {name}", child)


def _described(path: str, command: Any) -> str:
    if not command.help:
        raise ValueError(f"not described: {path}")
    rows = [
        (" ".join(f"`{word}`" for word in parameter.opts), parameter.help or "")
        for parameter in command.params
        if not getattr(parameter, "hidden", False)
    ]
    text = str(command.help).strip() + "\n"
    return text + (f"\n{table('option | meaning', rows)}" if rows else "")


PAGES: dict[str, Callable[[], str]] = {
    "checks.md": checks,
    "commands.md": commands,
    "healers.md": healers,
    "resources.md": resources,
    "vrooli-toml.md": stack_file,
}


def stale() -> list[str]:
    """Pages whose file differs from what the source says today."""
    found = []
    for page, render in PAGES.items():
        file = FOLDER / page
        if not file.exists() or file.read_text(encoding="utf-8") != NOTE + render():
            found.append(page)
    return found


def main() -> None:
    """Write the pages, or check them."""
    if sys.argv[1:] == ["--check"]:
        sys.exit(
            f"out of date: {', '.join(pages)}; run: make reference" if (pages := stale()) else 0
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page, render in PAGES.items():
        (FOLDER / page).write_text(NOTE + render(), encoding="utf-8")


if __name__ == "__main__":
    main()
