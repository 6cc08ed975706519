"""`vrooli model ...`: the language models that steps may ask."""

from collections.abc import Mapping
from typing import Any

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json

_LIST_HELP = """
List the providers of language models that the server's settings declare.
Steps name a model as `PROVIDER:MODEL`. Nobody is asked whether it answers;
`down` is one that failed again and again just now.

Examples:

  vrooli model list

  vrooli model list --json
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Language models: whom steps may ask.")
    app.add_typer(group, name="model")

    @group.command("list", help=_LIST_HELP)
    def list_(file: File = None, json: Json = False) -> None:
        providers = kit.work(home_to_read(kit, file)).models()
        if json:
            render.print_json(providers)
            return
        render.table(("PROVIDER", "VENDOR", "KEY", "STATE", "WHERE"), [_row(p) for p in providers])


def _row(provider: Mapping[str, Any]) -> tuple[str, ...]:
    state = provider["state"] if provider["installed"] else "not installed"
    key = "yes" if provider["key"] else "-"
    return provider["name"], provider["vendor"], key, state, provider["base_url"] or "-"
