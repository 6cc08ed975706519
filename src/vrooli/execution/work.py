"""The work of one process, put together: routines, runs, and the engine that drives them."""

from dataclasses import dataclass

from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.execution.artifacts import Artifacts
from vrooli.execution.batcher import Batcher
from vrooli.execution.executor import StepExecutor
from vrooli.execution.journal import PostgresJournal
from vrooli.execution.kept import Kept
from vrooli.execution.meter import Meter, MeteredExecutor, NoMeter
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.effects import Effects
from vrooli.execution.runs.engine import Engine, EngineParts
from vrooli.execution.runs.reasons import Reasons
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
    kept: Kept
    effects: Effects
    reasons: Reasons


def work(
    database: Database, owner: str, clock: Clock, tools: StepTools, meter: Meter | None = None
) -> Work:
    """Put it together; nothing is opened.

    Args:
        database: where everything is kept.
        owner: a name that no other process ever has.
        clock: time.
        tools: what steps work with.
        meter: who counts.
    """
    store, batcher = RunStore(database), Batcher(database)
    meter = meter or NoMeter()
    engine = Engine(
        EngineParts(
            owner=owner,
            store=store,
            journal=lambda run, fence: PostgresJournal(database, batcher, run, fence),
            executor=lambda run: MeteredExecutor(StepExecutor(run, tools), meter, clock),
            written=batcher.close,
            clock=clock,
            read=read_routine,
            meter=meter,
        )
    )
    routines = RoutineStore(database)
    views = RunViews(database)
    kept = Kept(views, Artifacts(database), tools.workspaces)
    runs = Runs(store, routines, views, engine)
    reasons = Reasons(
        database, lambda run: PostgresJournal(database, batcher, run, 0), read_routine, clock
    )
    return Work(routines, runs, engine, kept, Effects(database, views), reasons)
