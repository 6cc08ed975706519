"""One routine: a version of it, and the form that starts it, made from the schema of its inputs."""

import json
from datetime import UTC, datetime
from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.starting import Starting


async def build(view: View) -> None:
    """The page."""
    name, version, work = view.path["name"], view.query.get("version", ""), view.acting.work
    found = await view.acting.ask(lambda: work.routine(name, version))
    versions = await view.acting.ask(lambda: work.routine_versions(name))
    newest = version if version else found["version"]
    if version:
        newest = (await view.acting.ask(lambda: work.routine(name)))["version"]
    definition = found["definition"]
    Tag("h1", name)
    Tag("p", definition.get("description") or "")
    _versions(name, found["version"], newest, versions)
    Starting(view, found, newest=found["version"] == newest)
    with Tag("details"):
        Tag("summary", "What it does, step by step")
        Tag("pre", json.dumps(definition.get("do"), indent=2, ensure_ascii=False), tabindex="0")


def _versions(name: str, shown: str, newest: str, versions: list[dict[str, Any]]) -> None:
    """Which version is shown, and the others; its address says it."""
    with Tag("form", "", "row filter", method="get", action=f"/routines/{name}"):
        with Tag("div", "", "field"):
            Tag("label", "Version", for_="version")
            with Tag("select", "", id="version", name_="version"):
                for one in versions:
                    hash_ = one["version"]
                    picked: dict[str, Any] = {"selected": True} if hash_ == shown else {}
                    Tag("option", label_of(one, newest), value=hash_, **picked)
        Tag("button", "Show it", "", type="submit")
        link("Runs of it", f"/runs?routine={name}", "button")
    if shown != newest:
        with Tag("p", "", "banner warning"):
            Tag("span", "This is an older version. ")
            link("Show the newest", f"/routines/{name}")


def label_of(version: dict[str, Any], newest: str) -> str:
    """A version in a list. Pure."""
    at = datetime.fromtimestamp(version["stored_at"], UTC).strftime("%Y-%m-%d %H:%M UTC")
    word = "newest, " if version["version"] == newest else ""
    return f"{version['version'][:12]} ({word}stored {at})"


PAGE = Page("/routines/{name}", "Routine", "schema", build, own_heading=True)
