"""Our own scenarios, `server`, `console` and `autoheal`: what the file may leave out for them."""

from collections.abc import Mapping
from dataclasses import replace

from vrooli.stack.model import AUTOHEAL
from vrooli.stack.sections import HealthSection, ScenarioSection

SERVER, CONSOLE = "server", "console"
ALIASES = {"vrooli-autoheal": AUTOHEAL}
"""`vrooli scenario start vrooli-autoheal` and `autoheal` mean the same."""

_URL_VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
"""Where the server looks for a resource of this kind."""


def plain_name(name: str) -> str:
    """The name behind an alias."""
    return ALIASES.get(name, name)


def kind_name(name: str, section: ScenarioSection) -> str:
    """Which kind a scenario is: our server and our console are recognised by their names and by
    having no command of their own."""
    if name == AUTOHEAL:
        return AUTOHEAL
    process = section.runtime in (None, "process")
    ours = name in (SERVER, CONSOLE) and section.command is None and process
    return name if ours else "scenario"


def complete(
    kind: str, section: ScenarioSection, python: str, resource_kinds: Mapping[str, str]
) -> ScenarioSection:
    """`section` with what our own programs know about themselves.

    Args:
        kind: from `kind_name`.
        section: as written.
        python: the interpreter that runs us.
        resource_kinds: kind by name of each resource.
    """
    if kind == AUTOHEAL:
        command = section.command or [python, "-m", "vrooli.main.watchdog"]
        return replace(section, command=command)
    if kind == SERVER:
        urls = _urls(section.needs or (), resource_kinds)
        return replace(
            section,
            command=[python, "-m", "vrooli", "serve"],
            env={**urls, **(section.env or {})},
            health=_health(section.health, "/health/live"),
        )
    if kind == CONSOLE:
        command = [python, "-m", "vrooli", "console"]
        return replace(section, command=command, health=_health(section.health, "/health"))
    return section


def without_database(kind: str, section: ScenarioSection, resource_kinds: Mapping[str, str]) -> str:
    """What a completed section lacks that it cannot serve without; empty where that is nothing, or
    a name in `needs` is wrong anyway.
    """
    given = {"DATABASE_URL", "DATABASE_URL_FILE"} & (section.env or {}).keys()
    unknown = [name for name in section.needs or () if name not in resource_kinds]
    if kind != SERVER or given or unknown:
        return ""
    first = next((name for name, one in resource_kinds.items() if one == "postgres"), None)
    declare = "" if first else 'declare [resources.postgres] with `kind = "postgres"`, and '
    needs = ", ".join(f'"{name}"' for name in (*(section.needs or ()), first or "postgres"))
    return (
        f"no DATABASE_URL: the server keeps all in a PostgreSQL; {declare}write `needs = [{needs}]`"
    )


def _health(written: HealthSection | None, path: str) -> HealthSection:
    """The watchdog asks whether the server lives, not whether its database does: that has a check
    of its own. Likewise the console."""
    health = written or HealthSection()
    asks = (health.http, health.tcp, health.sql, health.exec, health.process)
    return replace(health, http=path) if asks == (None,) * len(asks) else health


def _urls(needs: list[str] | tuple[()], resource_kinds: Mapping[str, str]) -> dict[str, str]:
    """The first needed resource of each kind that the server can use."""
    found: dict[str, str] = {}
    for name in needs:
        variable = _URL_VARIABLES.get(resource_kinds.get(name, ""))
        if variable is not None:
            found.setdefault(variable, f"resource:{name}")
    return found
