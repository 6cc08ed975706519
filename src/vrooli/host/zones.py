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
    else UTC. The system's is read anew each time, since an administrator may change it.
    """

    def __init__(self, environment: Mapping[str, str], localtime: Path = LOCALTIME) -> None:
        self._said, self._localtime = environment.get("TZ", "").removeprefix(":"), localtime

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
            with self._localtime.open("rb") as file:
                return ZoneInfo.from_file(file)
        except (OSError, ValueError):
            return UTC
