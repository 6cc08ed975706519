"""The work of one process, put together: routines, runs, and the engine that drives them."""

from dataclasses import dataclass, field

from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.execution.batcher import Batcher
from vrooli.execution.executor import StepExecutor
from vrooli.execution.journal import PostgresJournal
from vrooli.execution.planning import Planning
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.engine import Engine, EngineParts
from vrooli.execution.runs.runs import Runs
from vrooli.execution.runs.store import RunStore, Serves
from vrooli.execution.runs.views import RunViews
from vrooli.execution.scheduler import Scheduler
from vrooli.execution.schedules import ScheduleStore
from vrooli.execution.step_type import StepTools
from vrooli.execution.step_types import read_routine


@dataclass(frozen=True, slots=True)
class Share:
    """Which runs a process takes, and how many at once.

    Attributes:
        serves: which ones.
        slots: how many; none at 0.
    """

    serves: Serves = field(default_factory=Serves)
    slots: int = 100


@dataclass(frozen=True, slots=True)
class Work:
    """What a server or a worker works with."""

    routines: RoutineStore
    runs: Runs
    engine: Engine
    planning: Planning
    scheduler: Scheduler


def work(
    database: Database, owner: str, clock: Clock, tools: StepTools, share: Share | None = None
) -> Work:
    """Put it together; nothing is opened.

    Args:
        database: where everything is kept.
        owner: a name that no other process ever has.
        clock: time.
        tools: what steps work with.
        share: of the runs that it may take.
    """
    share = share or Share()
    store, batcher = RunStore(database), Batcher(database)
    engine = Engine(
        EngineParts(
            owner=owner,
            store=store,
            journal=lambda run, fence: PostgresJournal(database, batcher, run, fence),
            executor=lambda run: StepExecutor(run, tools),
            written=batcher.close,
            clock=clock,
            read=read_routine,
            slots=share.slots,
            serves=share.serves,
        )
    )
    routines = RoutineStore(database)
    runs, schedules = Runs(store, routines, RunViews(database), engine), ScheduleStore(database)
    planning = Planning(schedules, routines)
    return Work(routines, runs, engine, planning, Scheduler(schedules, runs, clock))
