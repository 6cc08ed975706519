"""The page on jobs: rules and numbers come from the code that obeys them."""

import re

from scripts.reference_markdown import table
from vrooli.autoheal.jobs import act, check, decide, runner, state
from vrooli.autoheal.jobs.run import Outcome
from vrooli.autoheal.retention import Limits
from vrooli.stack import job_launch

OUTCOMES = {
    Outcome.OK: "it ended with code 0",
    Outcome.FAILED: "it ended otherwise, by itself or by a signal, or could not be started",
    Outcome.TIMEOUT: "it took longer than `timeout` and was ended",
    Outcome.LOST: "it is gone, and nobody knows how it ended: the machine went down, or the keeper "
    "that had started it",
    Outcome.STOPPED: "an operator took the stack down, or the job out of the file",
    Outcome.MISSED: "its time passed, and it is declared not to catch up",
}

TRIGGERS = {
    "schedule": "its time has come",
    "catch-up": "times passed while it could not run, or a run was cut off",
    "again": "the run before it failed, and `retries` are left",
    "manual": (
        "somebody asked: `vrooli job run`, `POST /jobs/NAME/run`; spends no due time, and is not "
        "run again"
    ),
}

PAGE = """\
# Jobs

What decides whether a job runs. [Run jobs at their times](../how-to/run-jobs.md) says how to use
them, [`vrooli.toml`](vrooli-toml.md#jobsname) has the keys.

## Rules

A job is considered when its next due time has come, when something happens to it, and at least
every few seconds. The first rule that applies decides.

{rules}

## Why a run runs

{triggers}

A run that failed is run again `retry_delay` later, doubled each time up to {longest:g} s, `retries`
times at most; the next due time goes first. One that was cut off (`lost`, `stopped`) is made up for
at once, and once only: a job that takes the machine down does not do so for ever.

## How a run ends

{outcomes}

It ends when its process does. What it leaves behind gets TERM, and KILL {leftover:g} s later. A run
that reaches its `timeout`, and one that is stopped, gets TERM with its whole tree, and KILL
{grace:g} s later.

## The check `job-NAME`

It is ok before the first run, after a good one, and after one that an operator stopped; else
critical or, with `critical = false`, a warning, until a run goes well. So it is when a run is
refused for {overdue:g} s. Its value is how many seconds the last run took. While the stack is down
it does not apply. A run by hand is run once, whatever `retries` says: whoever asked for it sees how
it ended, so that a failure of it is a warning, unless the job had failed at its own times before.
Critical, it pages as checks of the machine do ([pages](paging.md)), but not
while another attempt is to come.

## What is kept

Each run is in the history twice, when it starts and when it ends, with the reason and the last
lines that it wrote when it failed. `refused` (told after {noted:g} s) and `skipped` are told once;
the end of a run says how many due times were skipped. The latest {events:,} events of a job are
kept, for a year. The log is `logs/job-NAME.log` of the home, rotated while it is written to.
"""


def jobs() -> str:
    """The rules of the decision with their numbers."""
    text = PAGE.format(
        rules=_rules(),
        triggers=table("why | when", ((f"`{name}`", when) for name, when in TRIGGERS.items())),
        outcomes=table("outcome | meaning", ((f"`{o}`", OUTCOMES[o]) for o in Outcome)),
        longest=state.LONGEST_DELAY,
        leftover=runner.LEFTOVER_GRACE,
        grace=job_launch.GRACE,
        overdue=check.OVERDUE,
        noted=act.NOTED_AFTER,
        events=Limits().job_events,
    )
    return text.replace("\n\n\n", "\n\n")


def _rules() -> str:
    """The numbered list in the docstring of the decision."""
    text = re.sub(r"\n {5,}", " ", decide.__doc__ or "")
    found = re.findall(r"(?m)^\d+\. `([a-z-]+)` +(.+)$", text)
    if not found:
        raise ValueError("autoheal/jobs/decide.py: its docstring lists no rules")
    return table("rule | when", ((f"`{rule}`", when) for rule, when in found))
