"""Time zones of this machine."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vrooli.core.errors import ConfigError

LOCALTIME = Path("/etc/localtime")
"""See localtime(5)."""


class Zones:
    """Zones by name; the empty name is local time: `TZ` of `environment`, else that of the system,
    else UTC. An administrator may change the system's; that is noticed.
    """

    def __init__(self, environment: Mapping[str, str], localtime: Path = LOCALTIME) -> None:
        self._said, self._localtime = environment.get("TZ", "").removeprefix(":"), localtime
        self._read: tuple[tuple[int, int, int], tzinfo] | None = None

    def __call__(self, name: str) -> tzinfo:
        """The zone; `ConfigError` when this machine does not know the name."""
        if not name:
            return self._local()
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ConfigError(
                f"this machine knows no time zone `{name}`",
                next_step="install the package `tzdata`, or correct `timezone`",
            ) from error

    def _local(self) -> tzinfo:
        if self._said:
            try:
                return ZoneInfo(self._said)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                return UTC  # as tzset(3) has it for a name that it does not know
        try:
            facts = self._localtime.stat()
            version = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
            read = self._read
            if read is None or read[0] != version:
                with self._localtime.open("rb") as file:
                    read = self._read = (version, ZoneInfo.from_file(file))
            return read[1]
        except (OSError, ValueError):
            return UTC
