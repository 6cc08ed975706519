"""What `[backup]` has the watchdog run: jobs as any others. Pure, standard library only."""

from collections.abc import Collection

from vrooli.stack.backup_settings import BackupSettings, named_variables
from vrooli.stack.model import Job

TAKE, PRUNE = "backup", "backup-prune"
INCREMENTAL, REDIS, DRILL = "backup-incremental", "backup-redis", "backup-drill"
REREAD, SHIP = "backup-reread", "backup-ship"

DAILY = "41 5 * * *"
"""When the share of stored pieces is read that is due: after what the night brought."""

OFTEN = "*/15 * * * *"
"""When the WAL that was received is brought to the stores."""

LONGEST = 12 * 3600.0
"""Seconds that one run may take: reading, writing and proving some terabytes."""

RETRIES, RETRY_DELAY = 2, 300.0


def backup_jobs(settings: BackupSettings, python: str, kinds: Collection[str]) -> dict[str, Job]:
    """By name; none while nothing is to be done by itself.

    Args:
        settings: what is kept, and when.
        python: the interpreter that runs our own programs.
        kinds: of the services that the stack runs.
    """
    if not settings.enabled:
        return {}
    planned: dict[str, tuple[str, tuple[str, ...]]] = {
        TAKE: (settings.schedule, ("run", "--missing-ok"))
    }
    if "postgres" in kinds:
        planned[INCREMENTAL] = (
            settings.incremental,
            ("run", "--incremental", "--only", "postgres"),
        )
    if "redis" in kinds:
        planned[REDIS] = (settings.redis, ("run", "--only", "redis"))
    if "postgres" in kinds and settings.wal and settings.schedule:
        planned[SHIP] = (OFTEN, ("ship",))
    planned |= {
        PRUNE: (settings.prune, ("prune", "--yes")),
        DRILL: (settings.drill, ("drill",)),
        REREAD: (DAILY, ("reread",)),
    }
    return {
        name: _job(name, due, (python, "-m", "vrooli", "backup", *command), settings)
        for name, (due, command) in planned.items()
        if due
    }


def _job(name: str, due: str, command: tuple[str, ...], settings: BackupSettings) -> Job:
    """A run that failed is a warning: whether anything may be lost by it, `backup-freshness` says.
    A file that cannot be read is none, or all would be taken again at once.
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
        env={name: f"env:{name}" for name in sorted(named_variables(settings.stores))},
        retries=RETRIES,
        retry_delay=RETRY_DELAY,
        critical=False,
        own=True,
    )
