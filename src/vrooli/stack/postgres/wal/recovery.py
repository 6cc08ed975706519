"""Having a copy of a cluster recover: to its end, or along its WAL to a moment."""

import asyncio
import re
import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vrooli.core.errors import StartFailed
from vrooli.stack import logs
from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.postgres.cluster import NewCluster
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.passwords import renew
from vrooli.stack.postgres.upgrade.ask import Asker
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.wal.ending import Early, early_in, given_in
from vrooli.stack.postgres.wal.following import DROP_SLOT, TAKE_SLOT
from vrooli.stack.postgres.wal.moments import Reached
from vrooli.stack.postgres.wal.names import is_lsn, position
from vrooli.stack.room import Room
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


@dataclass(slots=True)
class Recovery:
    """Of the copy in a stage.

    Attributes:
        programs: runs what the stage describes.
        installation: PostgreSQL.
        wish: to where.
        backup: whether its WAL will be received.
        new: what a cluster made now would have: its passwords are those of this home.
        again: the command that asks for another moment.
    """

    programs: Programs
    installation: Installation
    wish: Wish
    backup: BackupSettings
    new: NewCluster
    again: str = "vrooli restore"
    _begin: int = field(default=0, init=False)

    async def run(self, told_of: Told) -> Reached:
        """Do it; what it reached.

        Raises:
            StartFailed: the server does not come up, or the moment was not reached.
            StorageError: the disk gets full.
        """
        self._begin = logs.size(self.programs.stage.log)
        # It copies each file of WAL once more, and what serves may write to the same disk.
        return await Room(self.programs.stage.folder).watched(self._followed(told_of))

    async def _followed(self, told_of: Told) -> Reached:
        try:
            lsn = await self._recovered(self.wish.until, told_of)
        except StartFailed as error:
            if not self._is_time or _SHORT not in error.what:
                raise
            # Where nothing is missing up to then, nobody has committed any more.
            told_of("nothing was committed any more until then: to the end of the WAL")
            lsn = await self._recovered("latest", told_of)
            await self._require_reached(lsn)
        if self.wish.until == "latest":
            await self._require_reached(lsn)
        return self._at(lsn)

    async def _require_reached(self, lsn: str) -> None:
        """Whether a server that went to the end of the WAL was at the moment that was asked for.

        Raises:
            StartFailed: it was not; nothing was changed.
        """
        folder, last = self.programs.stage.wal, self._last
        early = early_in(folder)
        given = await asyncio.to_thread(given_in, folder)
        why = await asyncio.to_thread(given.not_followed, position(lsn)) or early.why
        known = self._is_known(early) and why == early.why
        if not why or known or (self._is_time and last is not None and last >= self._wanted):
            return
        exact = last.isoformat(sep=" ") if last else ""
        raise StartFailed(
            f"the moment is not reached: its WAL leads to {self._at(lsn)}, and then {why}",
            where=self.programs.stage.service,
            next_step=(f'`{self.again} --to "{exact}"` goes there' if exact else "")
            or f"`{self.again} --point-only` goes back to the restore point alone",
        )

    def _is_known(self, early: Early) -> bool:
        """Whether who asked knows that it ends there."""
        return self.wish.until == "latest" and (early.planned or self.wish.partway)

    async def _recovered(self, until: str, told: Told) -> str:
        stage = self.programs.stage
        comes_up = COMES_UP + self.wish.room / SLOWEST
        settings = self._settings(until)
        async with self.programs.server(
            self.installation, stage.cluster, settings, comes_up, told
        ) as asker:
            if self.backup.enabled and self.backup.wal:
                # From here on, so that WAL can be followed across this restore later.
                await asker.json(DROP_SLOT)
                await asker.json(TAKE_SLOT)
            reached = await self._reached(asker)
            await renew(asker, self.new)
            return reached

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

    @property
    def _wanted(self) -> datetime:
        return datetime.fromisoformat(self.wish.until)

    @property
    def _last(self) -> datetime | None:
        """When the last transaction was committed that is in it; None when there was none."""
        lines = logs.tail(self.programs.stage.log, _SHOWN, self._begin)
        found = [match for line in lines if (match := _LAST.search(line))]
        return datetime.fromisoformat(found[-1][1]).replace(tzinfo=UTC) if found else None

    def _at(self, lsn: str) -> Reached:
        return Reached(lsn, self._last.timestamp() if self._last else None)
