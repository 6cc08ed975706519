"""The hosts that post to the server of this stack, and what it means that one does not."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from vrooli.core.address import HostPort
from vrooli.core.errors import ProtocolError, VrooliError
from vrooli.core.fleet import Standing, rival
from vrooli.core.result import Result, critical, ok, unknown, warning
from vrooli.stack.builtin.server import SERVER_TOKEN
from vrooli.stack.kind import ProbeTools
from vrooli.stack.model import Service
from vrooli.stack.wire import http

PATH = "/api/v1/hosts?brief=true"

NAMED = 10
"""Hosts that a message names."""

_MISSED = (Standing.SILENT, Standing.LATE, Standing.MISSING)

Found = Sequence[tuple[Mapping[str, Any], Standing]]


async def ask_for_hosts(tools: ProbeTools, servers: Sequence[Service]) -> list[dict[str, Any]]:
    """All that the server knows, from the first instance that answers.

    Raises:
        VrooliError: none does, or not with hosts.
    """
    token = await asyncio.to_thread(tools.place.secrets.create, SERVER_TOKEN)
    failed: list[VrooliError] = []
    for server in servers:
        address = HostPort(server.host, server.port)
        try:
            answer = await http.request(tools.streams, address, "GET", PATH, token=token)
            told = answer.json() if answer.status == 200 else None
            if isinstance(told, dict) and isinstance(told.get("hosts"), list):
                return list(told["hosts"])
            raise ProtocolError(f"it answered {answer.status}, without hosts", where=str(address))
        except VrooliError as error:
            failed.append(error)
    raise failed[-1]


def judged(hosts: Found, *, was_well: bool) -> Result:
    """What they come to, each with how it stands; none of them was revoked. Pure.

    Args:
        hosts: what the server knows of each.
        was_well: whether the look before found nothing. Else what an earlier one may have found is
            over when all have posted again, not because the server itself was away.
    """
    silences = [host["silent"] for host, _ in hosts if host["last_seen"] is not None]
    value = round(max(silences, default=0.0), 1)
    details = {host["name"]: host["last_seen"] for host, stands in hosts if stands in _MISSED}
    silent, unheard = _said(hosts, Standing.SILENT), _said(hosts, Standing.UNHEARD)
    late = _said(hosts, Standing.LATE) + _said(hosts, Standing.MISSING)
    of = f"of {len(hosts)} host{'s' * (len(hosts) > 1)}"
    if silent:
        says = f"{_counted(len(silent), of)} no more"
        return critical(f"{says}: {_listed(silent + late)}", value, "s", silent=details)
    if unheard and not was_well:
        says = "not heard of yet, after the server was away itself"
        return unknown(f"{says}: {_listed(unheard)}", waits=True)
    if late:
        return warning(f"{len(late)} {of}: {_listed(late)}", value, "s", silent=details)
    if rivals := [f"{host['name']}: {said}" for host, _ in hosts if (said := rival(host))]:
        return warning(_listed(rivals), value, "s")
    awaited = sum(stands is Standing.AWAITED for _, stands in hosts)
    more = f", {awaited} awaited" if awaited else ""
    return ok(f"{_counted(len(hosts) - awaited, of)} here{more}", value, "s")


def _counted(number: int, of: str) -> str:
    return f"{number} {of} post{'s' * (number == 1)}"


def _said(hosts: Found, which: Standing) -> list[str]:
    return [_how(host, which) for host, stands in hosts if stands is which]


def _how(host: Mapping[str, Any], stands: Standing) -> str:
    since = host["last_seen"] or host["created_at"]
    at = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if stands is Standing.MISSING:
        return f"{host['name']} has not posted since it was added ({at})"
    return f"{host['name']} since {at}"


def _listed(lines: Sequence[str]) -> str:
    more = f", and {len(lines) - NAMED} more" if len(lines) > NAMED else ""
    return ", ".join(lines[:NAMED]) + more
