"""Each route of the server has its method in the typed client, and each method its route."""

import re

from scripts.reference_api import server_schema
from tests.architecture.source import ROOT

ASKED = re.compile(r"""_(?:ask|send)\(\s*"(\w+)",\s*f?"(/[^"]+)\"""")
MADE = re.compile(r"""_make\(\s*f?"(/[^"]+)\"""")
LISTED = re.compile(r"""_all\(\s*f?"(/[^"]+)\"""")
WATCHDOGS = {"GET /history", "POST /history"}
"""They bring and read their own by `client/server.py`."""


def asked() -> set[str]:
    """What clients ask for."""
    found = set()
    for file in sorted((ROOT / "src/vrooli/client").glob("*.py")):
        if file.name == "watchdog.py":
            continue  # asks somebody else
        text = file.read_text(encoding="utf-8")
        calls = ASKED.findall(text) + [("POST", path) for path in MADE.findall(text)]
        for method, path in calls + [("GET", path) for path in LISTED.findall(text)]:
            plain = re.sub(r"{[^}]*}", "{}", path)
            found.add(f"{method} {plain.partition('?')[0]}")
    return found


def served() -> set[str]:
    """What the server answers, below `/api/v1`."""
    return {
        f"{method.upper()} {re.sub('{[^}]*}', '{}', path.removeprefix('/api/v1'))}"
        for path, item in server_schema()["paths"].items()
        if path.startswith("/api/v1/")
        for method in item
    }


def test_the_typed_client_has_every_route() -> None:
    assert asked() == served() - WATCHDOGS
