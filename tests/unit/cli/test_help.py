"""`--help` of every command: nothing is cut short, and each shows how it is called."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from vrooli.cli.help import laid_out
from vrooli.main import cli

NARROW = 60


def every() -> Iterator[tuple[str, Any]]:
    """Each command by all its words."""
    for name, app in cli.apps().items():
        yield from _below(name, typer.main.get_command(app))


def _below(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _below(f"{path} {name}", below)


ALL = dict(every())
LEAVES = {path: command for path, command in ALL.items() if not hasattr(command, "commands")}


def shown(path: str) -> str:
    """Its help on a narrow terminal."""
    command = ALL[path]
    context = command.make_context(
        path, [], resilient_parsing=True, terminal_width=NARROW, max_content_width=NARROW
    )
    return str(command.get_help(context))


@pytest.mark.parametrize("path", LEAVES)
def test_each_command_shows_how_it_is_called(path: str) -> None:
    examples = [line.strip() for line in shown(path).splitlines() if line.startswith("    ")]
    assert any(path in line for line in examples), shown(path)


@pytest.mark.parametrize("path", ALL)
def test_nothing_is_cut_short_on_a_narrow_terminal(path: str) -> None:
    text = shown(path)
    assert not re.search(r"\w\.\.\.$", text, re.MULTILINE), text
    assert not re.search("<[a-z]", text), f"a type instead of a name: {text}"
    examples = [line.strip() for line in (ALL[path].help or "").splitlines() if line[:2] == "  "]
    for line in examples:
        assert line.partition("  ")[0] in text, f"not as it is typed: {line}"


def test_what_an_example_is_about_comes_below_it_where_both_do_not_fit() -> None:
    text = "Do it.\n\nExamples:\n\n  vrooli do it      as often as one likes"
    assert laid_out(text, 41).endswith("\n\n\b\n  vrooli do it      as often as one likes")
    assert laid_out(text, 30).endswith("\b\n  vrooli do it\n      as often as one likes")
