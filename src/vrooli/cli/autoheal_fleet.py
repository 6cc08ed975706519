"""`vrooli-autoheal status --fleet`: how every host is, as the server was told."""

from collections.abc import Mapping
from typing import Any

from vrooli.cli import render
from vrooli.cli.kit import Kit
from vrooli.core.fleet import CHECK, LATE, SILENT, Standing, rival, standing, verdict
from vrooli.core.home import Home
from vrooli.core.plain import plain
from vrooli.core.status import Status, worst

_TITLES = ("HOST", "STATUS", "LAST SEEN", "STACK", "VERSION", "BEHIND", "PROBLEMS")


def read_fleet(kit: Kit, home: Home) -> dict[str, Any]:
    """`{status, hosts}`: every host that may post, with its `standing` and `verdict`."""
    late, silent = _limits(kit, home)
    hosts = []
    for host in kit.fleet(home).hosts():
        stands = standing(host, late, silent)
        how = verdict(host, stands)
        if how is not None:
            hosts.append({**host, "standing": str(stands), "verdict": str(how)})
    return {"status": str(worst(Status(host["verdict"]) for host in hosts)), "hosts": hosts}


def show_fleet(seen: Mapping[str, Any], *, json: bool) -> None:
    """Print it."""
    if json:
        render.print_json(seen)
        return
    hosts = seen["hosts"]
    if not hosts:
        render.note(render.as_called("no host posts here: `vrooli host add NAME`"))
        return
    render.out(
        f"{len(hosts)} host{'s' * (len(hosts) > 1)}: {render.paint(seen['status'], seen['status'])}"
    )
    render.table(_TITLES, [_row(host) for host in hosts])
    for host in hosts:
        for line in _lines(host):
            render.out(plain(f"  {host['name']}: {line}"))


def _limits(kit: Kit, home: Home) -> tuple[float, float]:
    """Those of the check, which this stack may have set."""
    stack = kit.compiled(home)
    settings = stack.checks.get(CHECK) if stack is not None else None
    limits = settings.thresholds if settings is not None else None
    return (limits.warning, limits.critical) if limits is not None else (LATE, SILENT)


def _row(host: Mapping[str, Any]) -> tuple[str, ...]:
    seen = f"{render.ago(host['last_seen'])} ago" if host["last_seen"] else "never"
    return (
        host["name"],
        host["verdict"],
        seen,
        host["stack"] or "-",
        host["version"] or "-",
        str(host["behind"]),
        str(len(host["problems"])),
    )


def _lines(host: Mapping[str, Any]) -> list[str]:
    """What the table does not tell; what a silent host said last may be over."""
    found = []
    if host["standing"] in (Standing.SILENT, Standing.LATE):
        found.append(f"posts no more; it was {host['status']} when it did")
    if host["standing"] in (Standing.AWAITED, Standing.MISSING):
        found.append("it has not posted yet")
    if host["lost"]:
        found.append(f"{host['lost']} records were lost there before they could be posted")
    if said := rival(host):
        found.append(render.as_called(said))
    wrong = [f"{one['name']}: {one['status']}: {one['message']}" for one in host["problems"]]
    return found + wrong
