"""A statement on a PostgreSQL."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from vrooli.core.errors import AccessDenied, CutOff, TooLarge, UsageError, VrooliError
from vrooli.core.ports.sql import READ_ONLY, Rows, Statement, StatementRefused
from vrooli.execution.step_type import StepCall, StepFailed, StepTools, StepType

_ABOUT = """\
The output is `rows` (a list of objects by column), `columns`, `truncated` (there were more than
`max_rows`) and, for a statement without rows, `affected`. Numbers of any precision become the
nearest number: cast what must stay exact to text. Times are ISO 8601 in UTC, ranges a list of two,
bytes hexadecimal.

Unless `write` is set, the session and its transaction are read-only. A function may still do
something outside of the transaction (end sessions, write files) where its user may: give the step a
user that may only read.

Failures: `sql` (refused; the reason is PostgreSQL's, the place its SQLSTATE; may succeed later when
it was in the way of another transaction or took too long), `read-only`, `unreachable`,
`unknown-effect` (the connection broke during the commit of a change), `access`, `too-large` (over
1 MiB). A change is made once or not at all, but for that one case.

```yaml
- step: sales
  sql:
    database: env:REPORT_DB
    query: SELECT region, sum(amount) AS amount FROM sales WHERE day >= $1 GROUP BY region
    parameters: ["${inputs.since}"]
```"""

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["database", "query"],
    "additionalProperties": False,
    "properties": {
        "database": {
            "type": "string",
            "pattern": "^(env|file):",
            "description": "reference of a secret that holds `postgresql://USER:PASSWORD@HOST/NAME`",
        },
        "query": {
            "type": "string",
            "minLength": 1,
            "maxLength": 100_000,
            "description": "one statement; `$1`, `$2` stand for the parameters. Write no "
            "expressions in it: a text that is put into it is executed",
        },
        "parameters": {
            "type": "array",
            "default": [],
            "description": "values for `$1`, `$2`, ...; dates, UUIDs and the like as text",
        },
        "write": {
            "type": "boolean",
            "default": False,
            "description": "let it change something; it is then not repeatable",
        },
        "repeatable": {
            "type": "boolean",
            "default": False,
            "description": "with `write`: nobody is harmed when it is executed twice",
        },
        "max_rows": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10_000,
            "default": 1000,
            "description": "rows that are fetched",
        },
        "seconds": {
            "type": "number",
            "minimum": 1,
            "maximum": 3600,
            "default": 60,
            "description": "how long PostgreSQL may work on it",
        },
    },
}


async def _run(call: StepCall, tools: StepTools) -> Any:
    given = call.arguments
    statement = Statement(
        given["query"],
        given.get("parameters", ()),
        given.get("write", False),
        given.get("seconds", 60.0),
        given.get("max_rows", 1000),
    )
    dsn = tools.secrets.resolve(given["database"])
    try:
        return _output(await tools.sql.ask(dsn, statement))
    except VrooliError as error:
        raise _failed(error, _repeatable(given)) from error


def _output(found: Rows) -> dict[str, Any]:
    twice = [name for name, count in Counter(found.columns).items() if count > 1]
    if twice:
        raise StepFailed("arguments", f"two columns are called `{twice[0]}`; rename one with AS")
    output: dict[str, Any] = {
        "columns": list(found.columns),
        "rows": [dict(zip(found.columns, row, strict=True)) for row in found.rows],
        "truncated": found.truncated,
    }
    return output if found.affected is None else {**output, "affected": found.affected}


def _failed(error: VrooliError, repeatable: bool) -> VrooliError:
    if isinstance(error, CutOff) and not repeatable:
        return StepFailed("unknown-effect", error.what)
    if isinstance(error, StatementRefused) and error.state == READ_ONLY:
        return StepFailed("read-only", error.what, where=error.where)
    for type_, kind in _KINDS:
        if isinstance(error, type_):
            return StepFailed(kind, error.what, where=error.where, retryable=error.retryable)
    return error


_KINDS: tuple[tuple[type[VrooliError], str], ...] = (
    (StatementRefused, "sql"),
    (AccessDenied, "access"),
    (TooLarge, "too-large"),
    (UsageError, "arguments"),
)


def _repeatable(given: Mapping[str, Any]) -> bool:
    return given.get("write") is not True or given.get("repeatable") is True


step = StepType(
    name="sql",
    title="Executes a statement on a PostgreSQL",
    arguments=_SCHEMA,
    run=_run,
    repeatable=_repeatable,
    about=_ABOUT,
)
