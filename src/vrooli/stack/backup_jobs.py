"""What `[backup]` has the watchdog run: jobs as any others. Pure, standard library only."""

from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.model import Job

TAKE, PRUNE = "backup", "backup-prune"
INCREMENTAL, REDIS, DRILL = "backup-incremental", "backup-redis", "backup-drill"

AT_WORK = (TAKE, PRUNE)
"""Those whose commands there are."""

LONGEST = 12 * 3600.0
"""Seconds that one run may take: reading, writing and proving some terabytes."""

RETRIES, RETRY_DELAY = 2, 300.0


def backup_jobs(settings: BackupSettings, python: str) -> dict[str, Job]:
    """By name; none while nothing is to be done by itself.

    Args:
        settings: what is kept, and when.
        python: the interpreter that runs our own programs.
    """
    if not settings.enabled:
        return {}
    run = ("run", "--background")
    planned = {
        TAKE: (settings.schedule, run),
        INCREMENTAL: (settings.incremental, (*run, "--incremental")),
        REDIS: (settings.redis, (*run, "--only", "redis")),
        PRUNE: (settings.prune, ("prune", "--yes", "--background")),
        DRILL: (settings.drill, ("drill", "--background")),
    }
    return {
        name: _job(name, due, (python, "-m", "vrooli", "backup", *command), settings)
        for name, (due, command) in planned.items()
        if due and name in AT_WORK
    }


def _job(name: str, due: str, command: tuple[str, ...], settings: BackupSettings) -> Job:
    """A run that failed is a warning: whether anything may be lost by it, `backup-freshness` says.
    It works in `/`, where no stack file lies: its home says which stack it is of.
    """
    return Job(
        name=name,
        command=command,
        schedule=due,
        timezone=settings.timezone,
        timeout=LONGEST,
        nice=settings.nice,
        cwd="/",
        retries=RETRIES,
        retry_delay=RETRY_DELAY,
        critical=False,
        own=True,
    )
