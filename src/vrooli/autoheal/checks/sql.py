"""The number that a query of one's own gives."""

from dataclasses import dataclass

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import postgres_row
from vrooli.core.errors import ConfigError
from vrooli.core.result import Result, critical
from vrooli.stack.model import Thresholds


@dataclass(frozen=True, slots=True)
class Sql:
    """Keys of `kind = "sql"`.

    Attributes:
        resource: the PostgreSQL to ask, by its name in this file.
        query: gives one number; it runs in a transaction that may not write.
    """

    resource: str
    query: str


async def _run(look: Look) -> Result:
    options: Sql = look.options
    resource = look.facts.stack.services.get(options.resource)
    if resource is None or resource.kind != "postgres":
        raise ConfigError(
            f"`{options.resource}` is no PostgreSQL of this stack",
            next_step='name a resource of kind "postgres" in `resource`',
        )
    row = await postgres_row(look, options.query, resource)
    if not row or row[0] is None:
        return critical("the query gave nothing")
    try:
        value = float(row[0])
    except ValueError:
        return critical(f"the query gave no number: {row[0][:100]!r}")
    return judge(value, "rows", look.limits, f"the query gave {value:g}")


CHECK = Check(
    id="sql",
    title="Query",
    why="Only the data knows whether orders still come in.",
    category="own",
    interval=60.0,
    unit="rows",
    thresholds=Thresholds(warning=1.0, critical=10.0),
    run=_run,
    options=Sql,
    declared=True,
    asks="postgres",
)
