"""Having a copy of a cluster recover: to its end, or along its WAL to a moment."""

import re
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vrooli.core.errors import StartFailed
from vrooli.stack import logs
from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.wal.following import DROP_SLOT, TAKE_SLOT
from vrooli.stack.postgres.wal.moments import told
from vrooli.stack.postgres.wal.names import is_lsn
from vrooli.stack.running import COMES_UP
from vrooli.stack.upgrading import Told, Wish

SLOWEST = 2_000_000.0
"""Bytes of WAL a second, on a slow disk, that has to follow scattered pages."""

_SHORT = "recovery ended before configured recovery target was reached"
"""What a server says that found no commit after the time that it was to stop at."""

_LAST = re.compile(
    r"last completed transaction was at log time (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?)\+00"
)
"""What it says at the end; in UTC, since we have it so."""

_SHOWN = 200

_WHERE = """
SELECT json_build_object('lsn', split_part(trim(trailing E'\\n' from
    pg_read_file('pg_wal/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '.history')),
    E'\\n', -1))"""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Of the copy in a stage.

    Attributes:
        programs: runs what the stage describes.
        installation: PostgreSQL.
        wish: to where.
        backup: whether its WAL will be received.
    """

    programs: Programs
    installation: Installation
    wish: Wish
    backup: BackupSettings

    async def run(self, told_of: Told) -> str:
        """Do it; what it reached, for people.

        Raises:
            StartFailed: the server does not come up, or the moment was not reached.
        """
        begin = logs.size(self.programs.stage.log)
        try:
            lsn = await self._recovered(self.wish.until)
        except StartFailed as error:
            if not self._is_time or _SHORT not in error.what:
                raise
            # It is certain that nothing is missing up to then: nobody has committed any more.
            told_of("nothing was committed any more until then: to the end of the WAL")
            lsn = await self._recovered("latest")
        if not self.wish.until:
            return ""
        return f", with everything up to {self._time(begin)}LSN {lsn}"

    async def _recovered(self, until: str) -> str:
        stage = self.programs.stage
        comes_up = COMES_UP + self.wish.room / SLOWEST
        settings = self._settings(until)
        async with self.programs.server(
            self.installation, stage.cluster, settings, comes_up
        ) as asker:
            if self.backup.enabled and self.backup.wal:
                # From here on, so that WAL can be followed across this restore later.
                await asker.json(DROP_SLOT)
                await asker.json(TAKE_SLOT)
            return await self._reached(asker)

    async def _reached(self, asker: Asker) -> str:
        said: dict[str, Any] = await asker.json(_WHERE)
        return str(said["lsn"]).split("\t")[1]

    def _settings(self, until: str) -> list[str]:
        """The shell runs what it asks with: a path of ours, and what PostgreSQL puts in."""
        folder = shlex.quote(str(self.programs.stage.wal)).replace("%", "%%")
        settings = [
            f'restore_command=test -f {folder}/%f && cp {folder}/%f "%p"',
            "timezone=UTC",
            "log_timezone=UTC",
            "log_min_messages=log",
            "recovery_target_action=promote",
        ]
        if not until:
            return [*settings, "recovery_target_timeline=current"]
        settings.append(f"recovery_target_timeline={self.wish.timeline}")
        if is_lsn(until):
            settings.append(f"recovery_target_lsn={until}")
        elif until != "latest":
            settings.append(f"recovery_target_time={until}")
        return settings

    @property
    def _is_time(self) -> bool:
        return self.wish.until not in ("", "latest") and not is_lsn(self.wish.until)

    def _time(self, begin: int) -> str:
        """When the last transaction was committed that is in it; empty when there was none."""
        lines = logs.tail(self.programs.stage.log, _SHOWN, begin)
        found = [match for line in lines if (match := _LAST.search(line))]
        if not found:
            return ""
        at = datetime.fromisoformat(found[-1][1]).replace(tzinfo=UTC)
        return f"{told(at.timestamp())}, "
