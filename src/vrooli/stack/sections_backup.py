"""The sections of `vrooli.toml` about restore points; see `sections.py`. The defaults stand in
`backup_settings.py`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from vrooli.stack import sizes
from vrooli.stack.schedule import EXPECTED, PATTERN
from vrooli.stack.section_keys import FORBID, Duration, duration, flag, key, whole, zone

NEVER = "never"
"""In the place of due times."""

DAYS = "a number of days"
MOST_DAYS, MOST_KEPT = 3660, 1000
LARGEST = 2**50
"""Bytes."""

_REFERENCE = {"type": "string", "pattern": "^(env|file):.+"}
_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}}
_SIZE = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": LARGEST},
        {"type": "string", "pattern": f"^{sizes.TEXT}$"},
    ]
}


def _due(doc: str, *, default: str, example: str = "") -> Any:
    return key(
        doc,
        f'{EXPECTED}, or "{NEVER}"',
        default=default,
        example=example,
        schema={"type": "string", "pattern": f"^{NEVER}$|{PATTERN}"},
    )


def _secret(doc: str, *, default: str = "none", example: str = "") -> Any:
    return key(
        doc, "`env:NAME` or `file:PATH`", default=default, example=example, schema=_REFERENCE
    )


@dataclass
class BackupStoreSection:
    """A place that restore points go to. Several are several copies."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    url: str | None = key(
        "Where it is: a folder, best of another disk, or a bucket.",
        "`file:///FOLDER` or `s3://BUCKET[/PREFIX]`",
        example='"file:///mnt/backups"',
        schema={"type": "string", "pattern": "^(file:///|s3://)."},
    )
    endpoint: str | None = key(
        "The server of a bucket that is not Amazon's.",
        "a URL with http or https",
        default="Amazon's",
        schema={"type": "string", "pattern": "^https?://"},
    )
    region: str | None = key(
        "The region of the bucket.",
        "a text like `eu-central-1`",
        default="none",
        schema={"type": "string", "minLength": 1},
    )
    access_key: str | None = _secret("Who writes to the bucket.")
    secret_key: str | None = _secret("The secret of `access_key`.")
    prune_access_key: str | None = _secret(
        "Who removes from the bucket, so that whoever writes need not be able to.",
        default="`access_key`",
    )
    prune_secret_key: str | None = _secret(
        "The secret of `prune_access_key`.", default="`secret_key`"
    )
    lock_days: int | None = whole(
        "Days for which the bucket lets nobody remove what was written; it must be able to lock "
        "objects.",
        between=(0, MOST_DAYS),
        default="0: it locks nothing",
    )


@dataclass
class BackupFilesSection:
    """Files that belong to each restore point."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    paths: list[str] | None = key(
        "Folders and files, or globs of them; a relative one starts at this file, `~` is the home "
        "folder.",
        'a list of paths, like ["/srv/uploads"]',
        example='["/srv/uploads"]',
        schema={**_TEXTS, "minItems": 1},
    )
    exclude: list[str] | None = key(
        "Globs of what is left out, matched against whole paths.",
        'a list of globs, like ["*.tmp"]',
        default="none",
        example='["*.tmp"]',
        schema=_TEXTS,
    )


@dataclass
class BackupObjectivesSection:
    """How long a restore may take (RTO), and how much may be lost (RPO). The watchdog and drills
    measure against them."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    postgres_rto: Duration | None = duration("Until PostgreSQL serves again.", default="`15m`")
    postgres_rpo: Duration | None = duration(
        "Age of what PostgreSQL may lose.", default="`6h`", example='"1h"'
    )
    redis_rto: Duration | None = duration("Until Redis serves again.", default="`5m`")
    redis_rpo: Duration | None = duration("Age of what Redis may lose.", default="`2h`")
    system_rto: Duration | None = duration("Until the whole stack serves again.", default="`30m`")
    system_rpo: Duration | None = duration(
        "Age of what files and the system may lose.", default="`24h`"
    )


@dataclass
class BackupSection:
    """Restore points that are taken by themselves, proven and kept. Without this section nothing
    is; an empty one switches the defaults on."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    enabled: bool | None = flag(
        "Whether anything is done by itself.", default="`true`", example="true"
    )
    schedule: str | None = _due(
        "When everything is taken whole, and proven.",
        default='`"0 2 * * *"`',
        example='"0 2 * * *"',
    )
    incremental: str | None = _due(
        "When what changed of PostgreSQL since then is taken.",
        default='`"0 */6 * * *"`',
        example='"0 */6 * * *"',
    )
    redis: str | None = _due(
        "When Redis is taken besides.", default='`"0 */2 * * *"`', example='"0 */2 * * *"'
    )
    drill: str | None = _due("When a restore is practised.", default='`"0 4 * * 0"`')
    prune: str | None = _due(
        "When what need not be kept any more is removed; best after `schedule`.",
        default='an hour after `schedule`: `"0 3 * * *"`',
    )
    timezone: str | None = zone()
    wal: bool | None = flag(
        "Whether the WAL of PostgreSQL is received as it is written, so that any moment can be "
        "gone back to.",
        default="`true`",
        example="true",
    )
    synchronous: bool | None = flag(
        "Whether a commit waits until the receiver has it: nothing that was acknowledged is lost, "
        "and each commit takes longer.",
        default="`false`",
    )
    wal_room: int | str | None = key(
        "WAL that PostgreSQL keeps for a receiver that is away.",
        sizes.EXPECTED,
        default="`1G`",
        schema=_SIZE,
    )
    keep_days: int | None = whole(
        "Days for which every restore point is kept.",
        between=(1, MOST_DAYS),
        default="30",
        example="30",
    )
    keep_weeks: int | None = whole(
        "Of older ones, one of each of so many weeks is kept.", between=(0, MOST_KEPT), default="8"
    )
    keep_months: int | None = whole(
        "Likewise of months.", between=(0, MOST_KEPT), default="12", example="12"
    )
    keep_years: int | None = whole("Likewise of years.", between=(0, MOST_KEPT), default="0")
    rate: int | str | None = key(
        "Bytes a second that are read at the most, so that others get at the disk.",
        sizes.EXPECTED,
        default="no limit",
        example='"50M"',
        schema=_SIZE,
    )
    nice: int | None = whole(
        "How far it stands back for others who want the processor.", between=(0, 19), default="10"
    )
    reread_days: int | None = whole(
        "Days within which all that is stored is read again.", between=(1, MOST_DAYS), default="30"
    )
    recipients: list[str] | None = key(
        "Public keys of age that restore points are sealed for besides the stack's own: a key in a "
        "safe opens them when this machine is gone.",
        'a list of texts that begin with "age1"',
        default="none",
        schema={"type": "array", "items": {"type": "string", "pattern": "^age1"}},
    )
    system: bool | None = flag(
        "Whether the stack file, the secrets (sealed) and the unit files belong to each restore "
        "point.",
        default="`true`",
    )
    stores: dict[str, BackupStoreSection] | None = key(
        "Where they go.",
        'tables of stores, like [backup.stores.disk] with url = "file:///mnt/backups"',
        default="the folder `backups` of the home, on the disk of the data itself",
    )
    files: dict[str, BackupFilesSection] | None = key(
        "Files that belong to them.",
        'tables of files, like [backup.files.uploads] with paths = ["/srv/uploads"]',
        default="none",
    )
    objectives: BackupObjectivesSection | None = key(
        "What the watchdog and drills measure against.",
        "a table of durations, like [backup.objectives]",
        default="those of each key",
    )
