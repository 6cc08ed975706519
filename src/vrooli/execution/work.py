"""The work of one process, put together: routines, runs, and the engine that drives them."""

from dataclasses import dataclass, replace

from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.execution.approvals.approvals import Approvals
from vrooli.execution.approvals.store import ApprovalStore
from vrooli.execution.approvals.views import ApprovalViews
from vrooli.execution.batcher import Batcher
from vrooli.execution.executor import StepExecutor
from vrooli.execution.journal import PostgresJournal
from vrooli.execution.known import Known
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.child_store import ChildStore
from vrooli.execution.runs.children import Children
from vrooli.execution.runs.control import Control
from vrooli.execution.runs.ends import Ends
from vrooli.execution.runs.engine import Engine, EngineParts
from vrooli.execution.runs.runs import Runs
from vrooli.execution.runs.store import RunStore
from vrooli.execution.runs.transitions import Transitions
from vrooli.execution.runs.views import RunViews
from vrooli.execution.step_type import StepTools
from vrooli.execution.step_types import read_routine


@dataclass(frozen=True, slots=True)
class Work:
    """What a server or a worker works with."""

    routines: RoutineStore
    runs: Runs
    engine: Engine
    control: Control
    approvals: Approvals


def work(database: Database, owner: str, clock: Clock, tools: StepTools) -> Work:
    """Put it together; nothing is opened.

    Args:
        database: where everything is kept.
        owner: a name that no other process ever has.
        clock: time.
        tools: what steps work with.
    """
    store, batcher, transitions = RunStore(database), Batcher(database), Transitions(database)
    routines, views, children = RoutineStore(database), RunViews(database), ChildStore(database)
    ends = Ends(children.ended, clock)
    engine = Engine(
        EngineParts(
            owner=owner,
            store=store,
            journal=lambda run, fence, fresh: PostgresJournal(
                database, batcher, run, fence, fresh=fresh
            ),
            executor=lambda book: StepExecutor(book.run, equipped, book.of),
            written=batcher.close,
            clock=clock,
            read=Known(read_routine).of,
            transitions=transitions,
            let_go=ends.hint,
        )
    )
    subruns = Children(children, routines, engine, ends, clock)
    equipped = replace(tools, subruns=subruns, approvals=ApprovalStore(database))
    approvals = Approvals(ApprovalStore(database), ApprovalViews(database), engine)
    control = Control(transitions, routines, views, engine)
    return Work(routines, Runs(store, routines, views, engine), engine, control, approvals)
