"""`[jobs.NAME]` of the file to the jobs of the compiled stack."""

from collections.abc import Collection, Iterable, Mapping

from vrooli.core.nearest import did_you_mean
from vrooli.stack.compile_checks import check_table
from vrooli.stack.compile_process import Folders, compile_command, compile_env, compile_user
from vrooli.stack.compile_times import compile_schedule, compile_timezone
from vrooli.stack.model import Job, Service
from vrooli.stack.own import plain_name
from vrooli.stack.problem import Problems, Section
from vrooli.stack.sections import File
from vrooli.stack.sections_jobs import JobSection

MOST_JOBS = 200
"""More are a scheduler's work; each is a check, and looked at every few seconds."""


def compile_jobs(
    file: File, folders: Folders, services: Mapping[str, Service], problems: Problems
) -> dict[str, Job]:
    """The jobs by name, every default filled in."""
    if file.jobs and file.autoheal.enabled is False:
        text = "the watchdog runs the jobs, and it is switched off by `autoheal.enabled`"
        problems.add(("jobs", next(iter(file.jobs))), text)
    check_table(file.jobs, MOST_JOBS, "jobs", problems.at("jobs"))
    found = {}
    for name, written in file.jobs.items():
        section = problems.at("jobs", name)
        _check_apart(name, services, file.checks, section)
        found[name] = _job(name, written, section, folders)
    return found


def add_backup_jobs(
    jobs: dict[str, Job],
    ours: Mapping[str, Job],
    services: Collection[str],
    file: File,
    problems: Problems,
) -> None:
    """Add those that `[backup]` brings."""
    section = problems.at("backup")
    if ours and file.autoheal.enabled is False:
        text = "the watchdog runs its jobs, and it is switched off by `autoheal.enabled`"
        problems.add(section.path, text)
    for name, job in ours.items():
        if name in jobs:
            text = "[backup] brings a job of this name; rename yours"
            problems.add(("jobs", name), text)
        _check_apart(name, services, file.checks, section)
        jobs[name] = job


def check_jobs(
    jobs: Iterable[Job],
    services: Mapping[str, Service],
    broken: Collection[str],
    problems: Problems,
) -> None:
    """What a job names is in the stack. Services in `broken` could not be read, and may be named
    all the same."""
    groups = {service.group for service in services.values()} | set(broken)
    resources = {s.name for s in services.values() if s.role == "resource"} | set(broken)
    for job in jobs:
        for need in job.needs:
            if need not in groups:
                text = f"needs `{need}`, which is no service of this stack"
                problems.add(("jobs", job.name, "needs"), f"{text}{did_you_mean(need, groups)}")
        for key, value in job.env.items():
            scheme, _, name = value.partition(":")
            if scheme == "resource" and name and name not in resources:
                text = f"`resource:{name}` names no resource of this stack"
                hint = did_you_mean(name, resources)
                problems.add(("jobs", job.name, "env", key), f"{text}{hint}")


def _check_apart(
    name: str, services: Collection[str], checks: Collection[str], section: Section
) -> None:
    if f"job-{name}" in services:
        text = f"the service `job-{name}` has the log that this job writes to; rename one of them"
        section.problems.add(section.path, text)
    elif f"job-{name}" in checks:
        text = f"it is the check `job-{name}`, as which [checks.job-{name}] is declared too"
        section.problems.add(section.path, f"{text}; rename one of them")


def _job(name: str, written: JobSection, section: Section, folders: Folders) -> Job:
    usual = Job(name, (), "")
    week = 7 * 24 * 3600.0
    if not written.command or not written.command[0].strip():
        section.wrong("command", "needs a `command`, the program to run and its arguments")
    return Job(
        name=name,
        command=compile_command(written.command, section, folders),
        schedule=compile_schedule(written.schedule, section),
        timezone=compile_timezone(written.timezone, section),
        timeout=section.seconds("timeout", written.timeout, usual.timeout, (1.0, week)),
        catch_up=usual.catch_up if written.catch_up is None else written.catch_up,
        nice=section.whole("nice", written.nice, usual.nice, (0, 19)),
        env=compile_env(written.env, section, folders),
        user=compile_user(written.user, section),
        cwd=folders.absolute(section.text("cwd", written.cwd, ".")),
        needs=tuple(dict.fromkeys(plain_name(need) for need in written.needs or ())),
        retries=section.whole("retries", written.retries, usual.retries, (0, 20)),
        retry_delay=section.seconds(
            "retry_delay", written.retry_delay, usual.retry_delay, (1.0, 3600.0)
        ),
        critical=usual.critical if written.critical is None else written.critical,
    )
