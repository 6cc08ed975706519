"""What the documentation tells people to type exists, and its stack files compile."""

import re
import shlex
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.architecture.source import ROOT, name, tracked
from vrooli.autoheal.catalogue import InstalledChecks
from vrooli.execution.step_types import read_routine
from vrooli.execution.swarms.writing import routine_of
from vrooli.flow.yaml import parse
from vrooli.main import cli
from vrooli.stack.load import load_stack

PAGES = [
    page
    for page in tracked()
    if page.suffix == ".md" and page.relative_to(ROOT).parts[:2] != ("docs", "decisions")
]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^ {4,}\S.*\n?)+", re.MULTILINE)
INLINE = re.compile(r"`((?:\./)?vrooli(?:-autoheal)? [^`]+)`")


def commands_in(page: Path) -> Iterator[list[str]]:
    """Every `vrooli ...` that a page shows in code, as words."""
    text = page.read_text(encoding="utf-8")
    blocks = [body for language, body in FENCE.findall(text) if language not in ("toml", "yaml")]
    blocks += INDENTED.findall(text)
    lines = [line for block in blocks for line in block.splitlines()] + INLINE.findall(text)
    for line in lines:
        shown = re.sub(r"^\s*(?:[$#] )?", "", line)
        if not re.match(r"(?:\./|[\w/.-]*/)?vrooli(?:-autoheal)? ", shown):
            continue
        command = re.split(r"\s#|\s{2,}|[|;&>]", shown)[0]
        yield shlex.split(command)


@cache
def program(called: str) -> Any:
    """All commands of `vrooli` or `vrooli-autoheal`. Making them takes a tenth of a second."""
    return typer.main.get_command(cli.apps()[called])


def refused(words: list[str]) -> str:
    """Why the command line would not take these words, empty when it would."""
    command, rest = program(Path(words[0]).name), words[1:]
    while hasattr(command, "list_commands") and rest and not rest[0].startswith("-"):
        context = command.make_context("", [], resilient_parsing=True)
        found = command.get_command(context, rest[0])
        if found is None:
            return f"no command {rest[0]!r}"
        command, rest = found, rest[1:]
    options = {word for parameter in command.params for word in parameter.opts}
    options |= {"-h", "--help"}
    unknown = [word for word in rest if word.startswith("-") and word not in options]
    return f"no option {unknown}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_that_a_page_shows_exists(page: Path) -> None:
    wrong = {
        " ".join(words): why
        for words in commands_in(page)
        if "..." not in words and (why := refused(words))
    }
    assert not wrong


STACK_FILES = [
    pytest.param(body, id=f"{name(page)}-{number}")
    for page in PAGES
    for number, (language, body) in enumerate(FENCE.findall(page.read_text(encoding="utf-8")))
    if language == "toml"
]


@pytest.mark.parametrize("text", STACK_FILES)
def test_every_stack_file_that_a_page_shows_compiles(text: str, tmp_path: Path) -> None:
    file = tmp_path / "vrooli.toml"
    file.write_text(text, encoding="utf-8")
    assert load_stack(file, sys.executable, InstalledChecks()).services


ROUTINES = [
    pytest.param(body, id=f"{name(page)}-{number}")
    for page in PAGES
    for number, (language, body) in enumerate(FENCE.findall(page.read_text(encoding="utf-8")))
    if language == "yaml" and re.search(r"^do:", body, re.MULTILINE)
]


@pytest.mark.parametrize("text", ROUTINES)
def test_every_routine_that_a_page_shows_is_valid(text: str) -> None:
    assert read_routine(parse(text).data).name


SWARM_PART = re.compile(r"^(?:goal|plan|policy|coordinator|team):", re.MULTILINE)
SWARMS = [
    pytest.param(body, id=f"{name(page)}-{number}")
    for page in PAGES
    for number, (language, body) in enumerate(FENCE.findall(page.read_text(encoding="utf-8")))
    if language == "yaml" and SWARM_PART.search(body)
]


@pytest.mark.parametrize("text", SWARMS)
def test_every_swarm_that_a_page_shows_is_valid(text: str) -> None:
    """Also where only a part of one is shown."""
    shown = parse(text).data
    assert routine_of({"name": "shown", "goal": "shown", **shown})["do"]


def test_both_launchers_are_the_same_script() -> None:
    launchers = [(ROOT / launcher).read_bytes() for launcher in ("vrooli", "vrooli-autoheal")]
    assert launchers[0] == launchers[1]
