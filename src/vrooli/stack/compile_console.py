"""The console is told where the others are whom it asks."""

from collections.abc import Mapping
from dataclasses import replace

from vrooli.stack.model import AutohealSettings, Service

WATCHDOG_VARIABLE, SERVER_VARIABLE = "VROOLI_WATCHDOG", "VROOLI_SERVER"


def told_of_others(
    services: Mapping[str, Service], settings: AutohealSettings
) -> dict[str, Service]:
    """The services; consoles know the watchdog and the first server by their environment. What the
    file says of a variable itself counts instead.
    """
    env = {WATCHDOG_VARIABLE: _url(settings.host, settings.port)}
    servers = [one for one in services.values() if one.kind == "server" and one.port]
    if servers:
        env[SERVER_VARIABLE] = _url(servers[0].host, servers[0].port)
    return {
        name: replace(service, env={**env, **service.env}) if service.kind == "console" else service
        for name, service in services.items()
    }


def _url(host: str, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
