"""A query on a PostgreSQL: the resource's own, or the one that a scenario uses."""

from vrooli.core.errors import ConfigError
from vrooli.core.result import Result
from vrooli.stack.kind import ProbeTools
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Service
from vrooli.stack.postgres.ask import ask
from vrooli.stack.probes._value import value_of
from vrooli.stack.wire import dsn


async def probe(service: Service, tools: ProbeTools) -> Result:
    """Run `health.target` where `service` keeps its data; the server ends it when time is up."""
    target = dsn.parse(_url(service, tools))
    limit = f"SET statement_timeout = {max(1, int(1000 * service.health.timeout))}"
    return await ask(tools.streams, target, limit, service.health.target or "SELECT 1")


def _url(service: Service, tools: ProbeTools) -> str:
    if service.role == "resource":
        return kind_of(service).url(service, tools.place)
    reference = service.env.get("DATABASE_URL")
    if not reference:
        raise ConfigError(
            "`health.sql` needs to know which database",
            where=service.name,
            next_step='set DATABASE_URL in its `env`, such as "resource:postgres"',
        )
    return value_of(reference, tools.place)
