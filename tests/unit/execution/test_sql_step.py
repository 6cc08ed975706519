"""The step `sql`, by the twin: what is asked, what may be repeated."""

from typing import Any

import pytest

from tests.support.steps import call, executed, failure, output, tools
from vrooli.core.ports.sql import Rows, Statement
from vrooli.execution.executor import StepExecutor
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.memory.sql import MemorySql

DSN = "postgresql://me:hunter2@host/name"
GIVEN = {"database": "env:REPORT_DB", "query": "SELECT $1"}


async def test_what_is_asked_and_what_comes_back() -> None:
    sql = MemorySql(lambda statement: Rows(("n", "m"), [[1, 2], [3, 4]]))
    given = tools(sql=sql, secrets=MemorySecrets({"env:REPORT_DB": DSN}))
    arguments = {**GIVEN, "parameters": [7], "max_rows": 1, "seconds": 5}
    ended = await executed("sql", arguments, given)
    assert output(ended) == {"columns": ["n", "m"], "rows": [{"n": 1, "m": 2}], "truncated": True}
    assert sql.asked == [(DSN, Statement("SELECT $1", [7], False, 5, 1))]
    assert "hunter2" not in repr(ended)


async def test_a_secret_that_is_not_there() -> None:
    assert failure(await executed("sql", GIVEN, tools())) == ("failed", False)


@pytest.mark.parametrize(
    ("arguments", "repeatable"),
    [({}, True), ({"write": True}, False), ({"write": True, "repeatable": True}, True)],
)
def test_what_may_be_repeated(arguments: dict[str, Any], repeatable: bool) -> None:
    executor = StepExecutor("run-1", tools())
    assert executor.repeatable(call("sql", {**GIVEN, **arguments})) is repeatable


@pytest.mark.parametrize(
    "arguments", [{"database": DSN}, {"query": ""}, {"max_rows": 0}, {"parameters": "x"}]
)
async def test_arguments_that_cannot_be(arguments: dict[str, Any]) -> None:
    assert failure(await executed("sql", {**GIVEN, **arguments}, tools())) == ("arguments", False)
