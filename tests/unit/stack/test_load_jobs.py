"""`[jobs.NAME]`: what is read, and what is wrong with it."""

from pathlib import Path

import pytest

from tests.support.stackfile import StackFile
from vrooli.stack.compiled import read_compiled, write_compiled
from vrooli.stack.model import Job, Stack

NIGHTLY = """
    [resources.db]
    kind = "postgres"
    [jobs.nightly]
    command = ["./backup", "--all"]
    schedule = "30 3 * * *"
    timezone = "Europe/Berlin"
    timeout = "2h"
    catch_up = false
    nice = 10
    needs = ["db"]
    env = { DATABASE_URL = "resource:db", LEVEL = 3 }
    user = "backup"
    cwd = "work"
    retries = 2
    retry_delay = "5m"
    critical = false
"""


def job(lines: str) -> str:
    """A stack of one job with a command and these lines."""
    return f'[jobs.a]\ncommand = ["x"]\n{lines}'


def test_every_key_is_read(file: StackFile) -> None:
    stack = file.load(NIGHTLY)
    folder = str(file.path.parent)
    assert stack.jobs == {
        "nightly": Job(
            name="nightly",
            command=(f"{folder}/backup", "--all"),
            schedule="30 3 * * *",
            timezone="Europe/Berlin",
            timeout=7200.0,
            catch_up=False,
            nice=10,
            env={"DATABASE_URL": "resource:db", "LEVEL": "3"},
            user="backup",
            cwd=f"{folder}/work",
            needs=("db",),
            retries=2,
            retry_delay=300.0,
            critical=False,
        )
    }


def test_a_command_and_a_schedule_are_enough(file: StackFile) -> None:
    found = file.load(job('schedule = "every 6h"')).jobs["a"]
    assert found == Job("a", ("x",), "every 6h", cwd=str(file.path.parent))
    assert (found.timeout, found.catch_up, found.critical) == (3600.0, True, True)


def test_what_is_compiled_is_read_back(file: StackFile, tmp_path: Path) -> None:
    stack = file.load(NIGHTLY)
    write_compiled(stack, tmp_path / "stack.json")
    assert read_compiled(tmp_path / "stack.json") == stack
    assert Stack.from_json(stack.to_json()).jobs == stack.jobs


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("", "1: jobs.a.schedule: needs a `schedule`"),
        ('schedule = "daily"', "3: jobs.a.schedule: expected five fields of cron"),
        ('schedule = "61 * * * *"', "3: jobs.a.schedule: the minute is not one of cron"),
        ('schedule = "0 0 30 2 *"', "3: jobs.a.schedule: the day-of-month is not one of cron"),
        ('schedule = "0 0 */20 * 1L"', "3: jobs.a.schedule: there is no such day"),
        ('schedule = "0 0 3 * * *"', "3: jobs.a.schedule: expected five fields"),
        ('schedule = "every 0.5s"', "3: jobs.a.schedule: expected whole seconds"),
        ('schedule = "every 8000h"', "3: jobs.a.schedule: expected five fields"),
        ("schedule = 6", "3: jobs.a.schedule: expected five fields of cron"),
        ('schedule = "every 6h"\ntimezone = "Europe/Berlln"', "did you mean `Europe/Berlin`?"),
        ('schedule = "every 6h"\ntimezone = "../etc/passwd"', "4: jobs.a.timezone: this machine"),
        ('schedule = "every 6h"\ntimeout = 0', "4: jobs.a.timeout: expected a duration"),
        ('schedule = "every 6h"\nnice = -1', "4: jobs.a.nice: expected a whole number"),
        ('schedule = "every 6h"\nretries = 21', "4: jobs.a.retries: expected a whole number"),
        ('schedule = "every 6h"\nneeds = ["db"]', "4: jobs.a.needs: needs `db`, which is no"),
        ('schedule = "every 6h"\nuser = "A B"', "4: jobs.a.user: expected the name of a system"),
        (
            'schedule = "every 6h"\nenv = { U = "resource:db" }',
            "4: jobs.a.env.U: `resource:db` names no resource",
        ),
        (
            'schedule = "every 6h"\nenv = { API_TOKEN = "abcdefgh" }',
            "4: jobs.a.env.API_TOKEN: looks like a secret in plain text",
        ),
        ('schedule = "every 6h"\nretry = 1', "4: jobs.a.retry: unknown key `retry`"),
    ],
)
def test_a_mistake_is_named_with_its_line(file: StackFile, lines: str, problem: str) -> None:
    found = file.problems(job(lines))
    assert len(found) == 1
    assert problem in found[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[jobs]\na = 1", "2: jobs.a: expected a table, like [jobs.a]"),
        ("jobs = 1", "1: jobs: expected tables, like [jobs.NAME]"),
        ('[jobs.a]\nschedule = "every 6h"', "1: jobs.a.command: needs a `command`"),
        ('[jobs.A]\ncommand = ["x"]\nschedule = "every 6h"', "1: jobs.A: expected a name"),
        (
            '[jobs.a]\ncommand = ["x"]\nschedule = "every 6h"\n[autoheal]\nenabled = false',
            "1: jobs.a: the watchdog runs the jobs, and it is switched off",
        ),
        (
            '[jobs.a]\ncommand = ["x"]\nschedule = "every 6h"\n[scenarios.job-a]\ncommand = ["x"]',
            "1: jobs.a: the service `job-a` has the log that this job writes to",
        ),
        (
            '[jobs.a]\ncommand = ["x"]\nschedule = "every 6h"\n'
            '[checks.job-a]\nkind = "endpoint-http"\nurl = "https://x"',
            "1: jobs.a: it is the check `job-a`, as which [checks.job-a] is declared too",
        ),
    ],
)
def test_a_mistake_around_a_job_is_named(file: StackFile, text: str, problem: str) -> None:
    assert [problem in found for found in file.problems(text)] == [True]


def test_a_broken_job_hides_no_other_mistake(file: StackFile) -> None:
    found = file.problems('[jobs.a]\ncommand = 1\n[jobs.b]\ncommand = ["x"]\n[jobs]\nc = 1')
    assert [problem.split(": ")[1] for problem in found] == [
        "jobs.a.schedule", "jobs.a.command", "jobs.b.schedule", "jobs.c"
    ]  # fmt: skip


def test_a_service_that_cannot_be_read_may_be_needed(file: StackFile) -> None:
    text = '[resources.db]\nkind = "nothing"\n' + job('schedule = "every 6h"\nneeds = ["db"]')
    assert len(file.problems(text)) == 1


def test_jobs_and_services_may_have_the_same_name(file: StackFile) -> None:
    text = '[scenarios.a]\ncommand = ["x"]\n' + job('schedule = "every 6h"\nneeds = ["a"]')
    stack = file.load(text)
    assert "a" in stack.services
    assert "a" in stack.jobs
