"""Writing stack files and reading what is wrong with them."""

from pathlib import Path
from textwrap import dedent
from typing import Any

from jsonschema import Draft7Validator

from vrooli.autoheal.catalogue import InstalledChecks
from vrooli.core.errors import ConfigError
from vrooli.stack.load import load_stack
from vrooli.stack.model import Service, Stack

PYTHON = "/usr/bin/python3"


def schema_errors(data: object, schema: dict[str, Any]) -> list[str]:
    """What somebody else's validator says about `data`; a schema that is none raises."""
    Draft7Validator.check_schema(schema)
    return [error.message for error in Draft7Validator(schema).iter_errors(data)]


def toml(value: Any) -> str:
    """A value as TOML; basic strings with escapes."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(letter):08x}" for letter in value) + '"'
    if isinstance(value, list):
        return "[\n" + "".join(f"  {toml(item)}, # ]\n" for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(str(k))} = {toml(v)}" for k, v in value.items()) + "}"
    return str(value)


class StackFile:
    """A `vrooli.toml` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "vrooli.toml"

    def load(self, text: str) -> Stack:
        """Write and compile it."""
        self.path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
        return load_stack(self.path, PYTHON, InstalledChecks())

    def scenario(self, text: str) -> Service:
        """The scenario `web` with these further lines."""
        return self.load(f'[scenarios.web]\ncommand = ["web"]\n{dedent(text)}').services["web"]

    def problems(self, text: str) -> list[str]:
        """Each problem as `line: path: text`, without the name of the file."""
        try:
            self.load(text)
        except ConfigError as error:
            lines = [line for line in str(error).splitlines() if not line.startswith("  next:")]
            lines = [line for line in lines if not line.endswith(" problems")]
            return [line.removeprefix(f"{self.path}:") for line in lines]
        return []
