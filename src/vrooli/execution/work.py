"""The work of one process, put together: routines, runs, and the engine that drives them."""

from dataclasses import dataclass, field, replace
from functools import partial

from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.execution.approvals.approvals import Approvals
from vrooli.execution.approvals.store import ApprovalStore
from vrooli.execution.approvals.views import ApprovalViews
from vrooli.execution.artifacts import Artifacts
from vrooli.execution.batcher import Batcher
from vrooli.execution.executor import StepExecutor
from vrooli.execution.journal import PostgresJournal
from vrooli.execution.kept import Kept
from vrooli.execution.known import Known
from vrooli.execution.live.events import EventStore
from vrooli.execution.live.live import Live
from vrooli.execution.live.news import News
from vrooli.execution.live.texts import Texts
from vrooli.execution.llm.models import Models
from vrooli.execution.mcp.servers import McpServers
from vrooli.execution.meter import Meter, MeteredExecutor, MeteredSpending, NoMeter
from vrooli.execution.owner_budgets import OwnerBudgets
from vrooli.execution.planning import Planning
from vrooli.execution.postgres_signals import PostgresSignals, Signalling
from vrooli.execution.postgres_spending import PostgresSpending
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.budgets import Budgets
from vrooli.execution.runs.child_store import ChildStore
from vrooli.execution.runs.children import Children
from vrooli.execution.runs.control import Control
from vrooli.execution.runs.effects import Effects
from vrooli.execution.runs.ends import Ends
from vrooli.execution.runs.engine import Engine, EngineParts
from vrooli.execution.runs.reasons import Reasons
from vrooli.execution.runs.runs import Runs
from vrooli.execution.runs.store import RunStore, Serves, untraced
from vrooli.execution.runs.transitions import Transitions
from vrooli.execution.runs.views import RunViews
from vrooli.execution.scheduler import Scheduler
from vrooli.execution.schedules import ScheduleStore
from vrooli.execution.step_type import StepTools
from vrooli.execution.step_types import read_routine
from vrooli.execution.swarms.coordinating import SwarmCoordinator
from vrooli.execution.swarms.fitting import must_fit
from vrooli.execution.swarms.insight import SwarmInsight
from vrooli.execution.swarms.store import SwarmStore
from vrooli.execution.swarms.swarms import Swarms
from vrooli.execution.swarms.views import SwarmViews
from vrooli.execution.tracing import RunTraces, traced
from vrooli.flow.driver import Executor
from vrooli.flow.notes import Notebook


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
    """What a server or a worker works with.

    Attributes:
        routines: definitions.
        runs: executions of them.
        swarms: those that coordinate others.
        engine: drives them.
        live: readers of their events in this process.
        news: tells readers everywhere what this process has written.
    """

    routines: RoutineStore
    runs: Runs
    swarms: Swarms
    engine: Engine
    control: Control
    approvals: Approvals
    signalling: Signalling
    kept: Kept
    effects: Effects
    reasons: Reasons
    models: Models
    mcp: McpServers
    planning: Planning
    scheduler: Scheduler
    budgets: Budgets
    owner_budgets: OwnerBudgets
    live: Live
    news: News


def work(
    database: Database,
    owner: str,
    clock: Clock,
    tools: StepTools,
    share: Share | None = None,
    meter: Meter | None = None,
) -> Work:
    """Put it together; nothing is opened.

    Args:
        database: where everything is kept.
        owner: a name that no other process ever has.
        clock: time.
        tools: what steps work with.
        share: of the runs that it may take.
        meter: who counts.
    """
    share, meter, read = share or Share(), meter or NoMeter(), Known(read_routine).of
    traces = RunTraces(tools.traces, database, clock) if tools.traces else None
    common = _Common(database, owner, traces)
    ends = Ends(common.children.ended, clock)

    def executor(book: Notebook) -> Executor:
        notes = traces.notes(book.of) if traces else book.of
        inner = MeteredExecutor(StepExecutor(book.run, equipped, notes), meter, clock)
        return traces.executor(book.run, inner) if traces else inner

    engine = Engine(
        EngineParts(
            owner=owner,
            store=common.store,
            journal=common.journal,
            executor=executor,
            written=common.batcher.close,
            clock=clock,
            read=read,
            transitions=common.transitions,
            meter=meter,
            slots=share.slots,
            serves=share.serves,
            let_go=ends.hint,
        )
    )
    children = Children(common.children, common.routines, engine, ends, clock)
    equipped = replace(
        traced(tools),
        subruns=children,
        coordinator=SwarmCoordinator(common.swarms, common.routines, children, clock),
        approvals=common.questions,
        signals=common.signals,
        spending=MeteredSpending(PostgresSpending(database, clock), meter),
        saying=common.texts,
    )
    return _asked(common, engine, equipped)


class _Common:
    """What the parts of one process have in common."""

    def __init__(self, database: Database, owner: str, traces: RunTraces | None) -> None:
        self.database = database
        self.live = Live(EventStore(database))
        self.news = News(database, owner, self.live.heard)
        self.texts = Texts(database, owner, self.live.said)
        told = self.news.tell
        here = traces.traces.here if traces else untraced
        self.store, self.batcher = RunStore(database, told, here), Batcher(database, told)
        self.transitions, self.children = Transitions(database, told), ChildStore(database, told)
        self.routines, self.views = RoutineStore(database), RunViews(database)
        self.questions = ApprovalStore(database, told)
        self.signals, self.swarms = PostgresSignals(database, told), SwarmStore(database, told)
        self.journal = partial(PostgresJournal, database, self.batcher)


def _asked(common: _Common, engine: Engine, tools: StepTools) -> Work:
    """All that can be asked."""
    database, routines, views = common.database, common.routines, common.views
    fits = partial(must_fit, routines=routines)
    runs, schedules = Runs(common.store, routines, views, engine, fits), ScheduleStore(database)
    read, clock = engine.parts.read, tools.clock
    control = Control(common.transitions, routines, views, engine)
    swarm_views, signals = SwarmViews(database), common.signals
    reasons = Reasons(database, lambda run: common.journal(run, 0), read, clock)
    return Work(
        routines=routines,
        runs=runs,
        swarms=Swarms(
            store=common.swarms,
            views=swarm_views,
            insight=SwarmInsight(database),
            routines=routines,
            runs=runs,
            control=control,
            signals=signals,
            engine=engine,
            reasons=reasons,
        ),
        engine=engine,
        control=control,
        approvals=Approvals(common.questions, ApprovalViews(database), engine),
        signalling=Signalling(common.signals, views, routines, engine),
        kept=Kept(views, Artifacts(database), tools.workspaces),
        effects=Effects(database, views, common.news.tell),
        models=tools.models,
        mcp=tools.mcp,
        budgets=Budgets(database, engine, common.news.tell),
        owner_budgets=OwnerBudgets(database, clock),
        planning=Planning(schedules, routines),
        scheduler=Scheduler(schedules, runs, clock),
        reasons=reasons,
        live=common.live,
        news=common.news,
    )
