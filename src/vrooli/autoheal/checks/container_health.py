"""Containers that say that they are not well, or that are restarted over and over."""

import json
from urllib.parse import quote

from vrooli.autoheal.check import Check, Look
from vrooli.autoheal.probing import docker, has_docker
from vrooli.core.errors import ProtocolError
from vrooli.core.result import Result, critical, not_applicable, ok

_SICK = quote(json.dumps({"health": ["unhealthy"]}))
_RESTARTING = quote(json.dumps({"status": ["restarting"]}))


async def _run(look: Look) -> Result:
    if not has_docker(look):
        return not_applicable("there is no Docker Engine here")
    watched = _watched(look)
    sick = [name for name in await _names(look, _SICK) if name not in watched]
    restarting = [name for name in await _names(look, _RESTARTING) if name not in watched]
    told = [f"{name} is unhealthy" for name in sick]
    told += [f"{name} is restarted over and over" for name in restarting]
    if told:
        return critical("; ".join(told), len({*sick, *restarting}), "containers")
    return ok("no container is sick", 0, "containers")


def _watched(look: Look) -> set[str]:
    """Containers that are services of the stack, and only looked at: each has a check of its own,
    that tells the same.
    """
    services = look.facts.stack.services.values()
    return {s.held for s in services if s.runtime == "docker" and s.heal == "watch"}


async def _names(look: Look, filters: str) -> list[str]:
    answer = await docker(look, f"/containers/json?all=1&filters={filters}")
    try:
        return [str(row["Names"][0]).lstrip("/") for row in json.loads(answer.body)]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ProtocolError("the Docker Engine answered something else", where="docker") from error


CHECK = Check(
    id="container-health",
    title="Containers",
    why="A container that runs and is sick serves nobody, and its engine leaves it so.",
    category="infra",
    interval=15.0,
    unit="containers",
    thresholds=None,
    run=_run,
)
