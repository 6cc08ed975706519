"""Whatever happens to clocks, watchdogs and machines, no due time is run twice or forgotten."""

import json
from datetime import tzinfo
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vrooli.autoheal.jobs import state
from vrooli.autoheal.jobs.decide import Decision, Situation, decide, next_due
from vrooli.autoheal.jobs.run import CUT_OFF, Now, Outcome, Run
from vrooli.autoheal.jobs.state import JobState
from vrooli.stack import schedule
from vrooli.stack.model import Job

BEGAN = 1_774_738_800.0  # 2026-03-29 00:00 in Berlin, where an hour is skipped that night
HOUR = 3600.0
SCHEDULES = ["every 1m", "every 2h", "*/10 * * * *", "30 2 * * *", "15,45 1-4 * * *"]
TIMES = st.sampled_from([1.0, 20.0, 61.0, 61.0, 600.0, 600.0, HOUR, 5 * HOUR, 30 * HOUR])
WAYS = st.sampled_from(["well"] * 6 + ["down", "sick", "killed before", "killed after"])


def it_runs(machine: "Machine") -> bool:
    """Whether there is a process."""
    return machine.process is not None


class Machine(RuleBasedStateMachine):
    """One job, its disk, its process, and everything that may come between.

    `disk` is what a new watchdog finds; `process` is the run whose process lives.
    """

    @initialize(
        text=st.sampled_from(SCHEDULES),
        catch_up=st.booleans(),
        retries=st.integers(0, 2),
        began=st.floats(0, 250 * 24 * HOUR),
    )
    def declare(self, text: str, catch_up: bool, retries: int, began: float) -> None:
        self.job = Job("a", ("x",), text, catch_up=catch_up, retries=retries, retry_delay=30.0)
        self.zone: tzinfo = ZoneInfo("Europe/Berlin")
        self.wall, self.mono, self.boots = BEGAN + began, 1000.0, 0
        self.wrong = 0.0
        self.memory = state.fresh(self.job, self.now())
        self.disk = json.dumps(self.memory.to_json())
        self.process: Run | None = None
        self.started: list[Run] = []
        self.decided_upon: list[float] = []

    def now(self) -> Now:
        return Now(self.wall, self.mono, f"boot {self.boots}")

    # What happens

    @rule(seconds=TIMES, how=WAYS)
    def time_passes(self, seconds: float, how: str) -> None:
        """Then the watchdog considers. `killed`: it dies before, or right after, it has written the
        start down.
        """
        self.wall += seconds
        self.mono += seconds
        unmet = ("db",) if how == "sick" else ()
        situation = Situation(self.now(), self.zone, how == "down", unmet)
        self.act(decide(self.job, self.memory, situation), how)

    @rule(how=WAYS, late=st.sampled_from([0.0, 0.0, 0.0, 5.0, 65.0]))
    def the_next_time_comes(self, how: str, late: float) -> None:
        due = next_due(self.job, self.memory, self.now(), self.zone)
        assert due is not None
        self.time_passes(due - self.wall + late, how)

    @rule(wrong=st.sampled_from([-HOUR, -30.0, 0.0, 30.0, HOUR]))
    def somebody_sets_the_clock(self, wrong: float) -> None:
        """It is wrong by so many seconds from now on."""
        self.wall += wrong - self.wrong
        self.wrong = wrong

    def act(self, decision: Decision, how: str = "well") -> None:
        if decision.verdict == "skip":
            self.memory = state.skipped(self.memory, decision.due or 0.0, 1, self.now())
        elif decision.verdict == "miss":
            run = self.run_of(decision).ended(Outcome.MISSED, self.wall)
            self.write(state.missed(self.memory, run))
        elif decision.verdict == "reckon":
            raise AssertionError("no clock was set back by hours")
        elif decision.verdict == "run":
            self.start(decision, how)

    def run_of(self, decision: Decision) -> Run:
        return Run(
            f"run {len(self.started)}",
            decision.trigger,
            decision.due,
            self.now(),
            decision.attempt,
            decision.made_up,
        )

    def start(self, decision: Decision, how: str) -> None:
        assert self.process is None, "never two at once"
        run = self.run_of(decision)
        if how == "killed before":
            self.a_new_watchdog_comes()
            return
        self.write(state.begun(self.memory, run))
        assert run.due is not None
        self.decided_upon.append(run.due)
        if how == "killed after":
            self.a_new_watchdog_comes()
            return
        self.process = run
        self.started.append(run)

    def write(self, memory: JobState) -> None:
        self.memory = memory
        self.disk = json.dumps(memory.to_json())

    @rule()
    def a_new_watchdog_comes(self) -> None:
        self.memory = JobState.from_json(json.loads(self.disk))
        self.the_keeper_is_asked()

    def the_keeper_is_asked(self) -> None:
        run = self.memory.run
        if run is not None and (self.process is None or self.process.id != run.id):
            self.ends(run, Outcome.LOST)

    @rule()
    def the_machine_is_rebooted(self) -> None:
        self.process = None
        self.boots += 1
        self.mono = 5.0
        self.a_new_watchdog_comes()

    @precondition(it_runs)
    @rule(outcome=st.sampled_from([Outcome.OK, Outcome.FAILED, Outcome.TIMEOUT, Outcome.STOPPED]))
    def the_run_ends(self, outcome: Outcome) -> None:
        assert self.process is not None
        run, self.process = self.process, None
        self.ends(run, outcome)

    def ends(self, run: Run, outcome: Outcome) -> None:
        over = run.ended(outcome, self.wall)
        self.write(state.ended(self.job, self.memory, over, self.now()))

    # What holds

    @invariant()
    def no_due_time_is_run_twice_by_the_schedule(self) -> None:
        firsts = [run.due for run in self.started if run.attempt == 1 and not run.made_up]
        assert len(firsts) == len(set(firsts))

    @invariant()
    def no_due_time_gets_more_attempts_than_declared(self) -> None:
        for due in {run.due for run in self.started}:
            runs = [run for run in self.started if run.due == due]
            assert max(run.attempt for run in runs) <= 1 + self.job.retries
            assert len(runs) <= 2 + self.job.retries  # one of them makes up for one cut off

    @invariant()
    def due_times_only_go_forward(self) -> None:
        dues = [run.due or 0.0 for run in self.started]
        assert dues == sorted(dues)

    def teardown(self) -> None:
        """When all is quiet again, a job that catches up has run for all that was decided."""
        if not hasattr(self, "job") or not self.job.catch_up:
            return
        for _ in range(20):
            if self.process is not None:
                self.the_run_ends(Outcome.OK)
            self.mono += 5
            self.wall += 5
            self.act(decide(self.job, self.memory, Situation(self.now(), self.zone)))
        times = schedule.parse(self.job.schedule)
        assert times.passed(self.memory.last_due, self.wall, self.zone) is None
        last = self.memory.last
        made_up_in_vain = last is not None and last.outcome in CUT_OFF and last.made_up
        latest = max((run.due or 0.0 for run in self.started), default=0.0)
        assert made_up_in_vain or all(due <= latest for due in self.decided_upon)


TestNeverTwice = Machine.TestCase
TestNeverTwice.settings = settings(stateful_step_count=60)
