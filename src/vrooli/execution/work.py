"""The work of one process, put together: routines, runs, and the engine that drives them."""

from dataclasses import dataclass

from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.execution.batcher import Batcher
from vrooli.execution.executor import StepExecutor
from vrooli.execution.journal import PostgresJournal
from vrooli.execution.live.events import EventStore
from vrooli.execution.live.live import Live
from vrooli.execution.live.news import News
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.engine import Engine, EngineParts
from vrooli.execution.runs.runs import Runs
from vrooli.execution.runs.store import RunStore
from vrooli.execution.runs.views import RunViews
from vrooli.execution.step_type import StepTools
from vrooli.execution.step_types import read_routine


@dataclass(frozen=True, slots=True)
class Work:
    """What a server or a worker works with.

    Attributes:
        routines: definitions.
        runs: executions of them.
        engine: drives them.
        live: readers of their events in this process.
        news: tells readers everywhere what this process has written.
    """

    routines: RoutineStore
    runs: Runs
    engine: Engine
    live: Live
    news: News


def work(database: Database, owner: str, clock: Clock, tools: StepTools) -> Work:
    """Put it together; nothing is opened.

    Args:
        database: where everything is kept.
        owner: a name that no other process ever has.
        clock: time.
        tools: what steps work with.
    """
    live = Live(EventStore(database))
    news = News(database, owner, live.heard)
    store, batcher = RunStore(database, news.tell), Batcher(database, news.tell)
    engine = Engine(
        EngineParts(
            owner=owner,
            store=store,
            journal=lambda run, fence: PostgresJournal(database, batcher, run, fence),
            executor=lambda run: StepExecutor(run, tools),
            written=batcher.close,
            clock=clock,
            read=read_routine,
        )
    )
    routines = RoutineStore(database)
    runs = Runs(store, routines, RunViews(database), engine)
    return Work(routines, runs, engine, live, news)
