"""The work of one process, put together: routines, runs, and the engine that drives them."""

from dataclasses import dataclass, replace

from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.execution.batcher import Batcher
from vrooli.execution.executor import StepExecutor
from vrooli.execution.journal import PostgresJournal
from vrooli.execution.postgres_spending import PostgresSpending
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.budgets import Budgets
from vrooli.execution.runs.child_store import ChildStore
from vrooli.execution.runs.children import Children
from vrooli.execution.runs.ends import Ends
from vrooli.execution.runs.engine import Engine, EngineParts
from vrooli.execution.runs.runs import Runs
from vrooli.execution.runs.store import RunStore
from vrooli.execution.runs.views import RunViews
from vrooli.execution.step_type import StepTools
from vrooli.execution.step_types import read_routine


@dataclass(frozen=True, slots=True)
class Work:
    """What a server or a worker works with."""

    routines: RoutineStore
    runs: Runs
    engine: Engine
    budgets: Budgets


def work(database: Database, owner: str, clock: Clock, tools: StepTools) -> Work:
    """Put it together; nothing is opened.

    Args:
        database: where everything is kept.
        owner: a name that no other process ever has.
        clock: time.
        tools: what steps work with.
    """
    store, batcher = RunStore(database), Batcher(database)
    routines, children = RoutineStore(database), ChildStore(database)
    ends = Ends(children.ended, clock)
    engine = Engine(
        EngineParts(
            owner=owner,
            store=store,
            journal=lambda run, fence: PostgresJournal(database, batcher, run, fence),
            executor=lambda run: StepExecutor(run, equipped),
            written=batcher.close,
            clock=clock,
            read=read_routine,
            let_go=ends.hint,
        )
    )
    subruns = Children(children, routines, engine, ends, clock)
    equipped = replace(tools, spending=PostgresSpending(database, clock), subruns=subruns)
    runs = Runs(store, routines, RunViews(database), engine)
    return Work(routines, runs, engine, Budgets(database))
