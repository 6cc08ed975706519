"""Inputs of a run, as the command line takes them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vrooli.cli.given import read_json, text_of
from vrooli.core.errors import UsageError

Input = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        help="One input, NAME=VALUE; JSON where it is some: a text of digits is 'n=\"7\"'.",
    ),
]
Inputs = Annotated[
    str | None, typer.Option("--inputs", help="A JSON file with all; - is standard input.")
]


def inputs_of(file: str | None, pairs: list[str]) -> dict[str, Any]:
    """Those of the file, and over them each NAME=VALUE."""
    return {**_from_file(file), **_pairs(pairs)}


def _from_file(said: str | None) -> dict[str, Any]:
    if said is None:
        return {}
    text = text_of(Path(said))
    try:
        value = read_json(text, said)
    except ValueError as error:
        raise UsageError(
            f"this is no JSON: {error}",
            where=said,
            next_step='write an object, like {"name": "value"}',
        ) from error
    if not isinstance(value, dict):
        raise UsageError(
            "expected a JSON object",
            where=said,
            next_step='write an object, like {"name": "value"}',
        )
    return value


def _pairs(said: list[str]) -> dict[str, Any]:
    found = {}
    for pair in said:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(
                f"expected NAME=VALUE, found {pair!r}",
                where="--input",
                next_step="write `--input NAME=VALUE`; a VALUE that is no JSON is taken as text",
            )
        try:
            found[name] = read_json(value, f"--input {name}")
        except ValueError:
            found[name] = value  # a word needs no quotes
    return found
