"""`[backup]` of the stack: what is kept of it, where, how often and how long. Standard library
only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RESTIC = "restic:"
"""Begins the address of a repository; the rest is how restic names it."""


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """`[backup.stores.NAME]`: a place that restore points go to.

    Attributes:
        name: unique among stores.
        url: a folder as `file:///path`, `s3://bucket/prefix`, or `restic:REPOSITORY`.
        endpoint: URL of a server that speaks S3; empty for Amazon's.
        region: of the bucket; empty where the server needs none.
        access_key, secret_key: references to what may write there.
        prune_access_key, prune_secret_key: references to what removes there; empty: the same.
        password: reference to that of a repository of restic.
        lock: seconds for which the store lets nobody remove what was written; 0: none.
    """

    name: str
    url: str
    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: str = ""
    prune_access_key: str = ""
    prune_secret_key: str = ""
    password: str = ""
    lock: float = 0.0

    @property
    def is_restic(self) -> bool:
        """Whether it is a repository of restic, which holds what is no copy of a database alone."""
        return self.url.startswith(RESTIC)


SYSTEM = "system"
"""Under this name the set holds what is nobody's: stack file, secrets, unit files."""

FROM_THE_ENVIRONMENT = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""What a bucket is opened with where the stack file names no keys."""


def named_variables(stores: Mapping[str, StoreSettings]) -> set[str]:
    """Those behind references."""
    keys = [
        (one.access_key, one.secret_key, one.prune_access_key, one.prune_secret_key, one.password)
        for one in stores.values()
    ]
    return {key.removeprefix("env:") for some in keys for key in some if key.startswith("env:")}


def variables(stores: Mapping[str, StoreSettings]) -> set[str]:
    """Names of all variables that a program may need which opens these stores."""
    bare = any(one.url.startswith("s3:") and not one.access_key for one in stores.values())
    return named_variables(stores) | (set(FROM_THE_ENVIRONMENT) if bare else set())


@dataclass(frozen=True, slots=True)
class FilesSettings:
    """`[backup.files.NAME]`: files that belong to the set.

    Attributes:
        name: unique among these and among services.
        paths: absolute folders and files, or globs of them.
        exclude: globs of what is left out, matched against absolute paths.
    """

    name: str
    paths: tuple[str, ...]
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Objectives:
    """How long a restore may take, and how much may be lost, by what it is of. Seconds; the
    defaults are those of the operator's guide.
    """

    postgres_rto: float = 15 * 60.0
    postgres_rpo: float = 6 * 3600.0
    redis_rto: float = 5 * 60.0
    redis_rpo: float = 2 * 3600.0
    system_rto: float = 30 * 60.0
    system_rpo: float = 24 * 3600.0

    def of(self, source: str) -> tuple[float, float]:
        """Seconds that a restore may take, and of writes that may be lost, of what a source like
        `postgres-physical` took.
        """
        kind = source.partition("-")[0]
        if kind == "postgres":
            return self.postgres_rto, self.postgres_rpo
        if kind == "redis":
            return self.redis_rto, self.redis_rpo
        return self.system_rto, self.system_rpo


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """`[backup]`.

    Attributes:
        enabled: whether anything is done by itself: true once the section is written.
        schedule: when everything is taken whole; a cron expression, empty for never.
        incremental: when what changed of PostgreSQL since is taken; empty for never.
        redis: when Redis is taken besides; empty for never.
        drill: when a restore is practised; empty for never.
        prune: when what need not be kept any more is removed; empty for never.
        timezone: of these.
        wal: whether the WAL of PostgreSQL is received as it is written.
        synchronous: whether a commit waits until the receiver has it.
        wal_room: bytes of WAL that the server keeps for a receiver that is away.
        keep_days: days for which every point is kept.
        keep_weeks, keep_months, keep_years: how many weekly, monthly and yearly ones after that.
        rate: bytes a second that are read at the most; 0: no limit.
        nice: how far a backup stands back for others who want the processor, 0 to 19.
        reread_days: days within which all stored data is read again.
        recipients: age public keys that packs are sealed for besides our own.
        system: whether the stack file, secrets and unit files belong to the set.
        stores: by name; none: the folder `backups` of the home.
        files: by name.
        objectives: see there.
    """

    enabled: bool = False
    schedule: str = "0 2 * * *"
    incremental: str = "0 */6 * * *"
    redis: str = "0 */2 * * *"
    drill: str = "0 4 * * 0"
    prune: str = "0 3 * * *"
    timezone: str = ""
    wal: bool = True
    synchronous: bool = False
    wal_room: int = 1024 * 1024 * 1024
    keep_days: int = 30
    keep_weeks: int = 8
    keep_months: int = 12
    keep_years: int = 0
    rate: int = 0
    nice: int = 10
    reread_days: int = 30
    recipients: tuple[str, ...] = ()
    system: bool = True
    stores: Mapping[str, StoreSettings] = field(default_factory=dict)
    files: Mapping[str, FilesSettings] = field(default_factory=dict)
    objectives: Objectives = Objectives()

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "BackupSettings":
        """Read what `asdict` wrote. A `stack.json` of before there was such a section has none."""
        stores = {name: StoreSettings(**one) for name, one in raw.get("stores", {}).items()}
        files = {name: _files(one) for name, one in raw.get("files", {}).items()}
        told: dict[str, Any] = {
            "recipients": tuple(raw.get("recipients", ())),
            "objectives": Objectives(**raw.get("objectives", {})),
        }
        return cls(**{**raw, **told, "stores": stores, "files": files})


def _files(raw: dict[str, Any]) -> FilesSettings:
    lists = {"paths": tuple(raw["paths"]), "exclude": tuple(raw["exclude"])}
    return FilesSettings(**{**raw, **lists})
