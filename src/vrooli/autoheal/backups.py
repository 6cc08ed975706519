"""What the watchdog knows of backups: the record in the home, read anew when it has changed, and
who works at them now. It asks no store, and needs no key.
"""

import json
from dataclasses import dataclass, field, replace

from vrooli.autoheal.backup_wal import WalSeen, wal_seen
from vrooli.autoheal.filelocks import held
from vrooli.core.errors import Damaged, VrooliError
from vrooli.core.home import Home
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.files import Files
from vrooli.stack.aside import Aside
from vrooli.stack.backup_ledger import BackupLedger, ledger_read
from vrooli.stack.files_restored import Restored, restored_read

PATIENCE = 2.0
"""Seconds for a look at the disk; what was known before is told after that."""

LARGEST = 8 * 1024 * 1024
"""Bytes of the record: of as many points as it holds, with long names."""

_SHORT = 4096
"""Bytes of what is written of how far one is."""

MOST_RECEIVERS = 20
"""Of WAL, that are looked at."""


@dataclass(frozen=True, slots=True)
class Working:
    """Somebody who works at backups now.

    Attributes:
        what: `backup`, or `proof`: of a point, or for practice.
        pid: the process.
        seconds: for how long at the most.
        of: what of it is done now, as a service; empty where that is not said.
        bytes_done, bytes_total: how much of that; 0 where nobody knows.
    """

    what: str
    pid: int
    seconds: float
    of: str = ""
    bytes_done: int = 0
    bytes_total: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known.

    Attributes:
        wal: of each PostgreSQL whose WAL is received.
        restored: the last restore of each of the files.
        trouble: why it may be old, or nothing; empty when it is what the record says.
    """

    ledger: BackupLedger = field(default_factory=BackupLedger)
    working: tuple[Working, ...] = ()
    trouble: str = ""
    wal: tuple[WalSeen, ...] = ()
    restored: Restored = field(default_factory=dict)


class BackupRecord:
    """Looks at the record of one home.

    Attributes:
        known: what the last look saw.
    """

    def __init__(self, home: Home, files: Files, clock: Clock) -> None:
        self._home, self._files, self._clock = home, files, clock
        self._aside = Aside()
        self._stamp: tuple[int, int, float] | None = None
        self.known = Known()

    async def look(self) -> Known:
        """What is known now. A disk that hangs, or a record that is damaged, is told with it."""
        try:
            self.known = await self._aside.answer("backups", self._read, PATIENCE)
        except VrooliError as error:
            self.known = replace(self.known, trouble=error.said_of(""))
        return self.known

    def _read(self) -> Known:
        """Blocks. The record is replaced as a whole: another one has another inode."""
        path = str(self._home.backup_ledger)
        facts = self._files.facts(path)
        stamp = None if facts is None else (facts.inode, facts.size, facts.modified)
        ledger = self.known.ledger
        if stamp is None:
            ledger = BackupLedger()
        elif stamp != self._stamp:
            ledger = ledger_read(self._files.read(path, LARGEST))
        self._stamp = stamp
        restored, trouble = self._restored()
        return Known(ledger, self._working(), trouble, self._wal(), restored)

    def _restored(self) -> tuple[Restored, str]:
        """And why that is not known: all else is."""
        data = self._files.read(str(self._home.files_restored), LARGEST) or b""
        try:
            return restored_read(data), ""
        except Damaged as error:
            return {}, error.said_of("")

    def _wal(self) -> tuple[WalSeen, ...]:
        now, folder = self._clock.wall(), self._home.root / "wal"
        names = self._files.names(str(folder))[:MOST_RECEIVERS]
        found = (wal_seen(self._home, name, now) for name in names)
        return tuple(one for one in found if one is not None)

    def _working(self) -> tuple[Working, ...]:
        home, wall = self._home, self._clock.wall()
        locks = {"backup": home.holds / "backup.lock", "proof": home.root / "backup-proof.lock"}
        found = {what: held(self._files, str(path), wall) for what, path in locks.items()}
        return tuple(
            replace(self._how_far(what, lock.pid), seconds=lock.seconds)
            for what, lock in found.items()
            if lock is not None
        )

    def _how_far(self, what: str, pid: int) -> Working:
        """As the process of that number wrote it down; an earlier one may have left what it wrote
        when it was killed.
        """
        nothing = Working(what, pid, 0.0)
        try:
            said = json.loads(self._files.read(str(self._home.backup_working(what)), _SHORT) or b"")
            if said["pid"] != pid:
                return nothing
            done, total = int(said["bytes_done"]), int(said["bytes_total"])
            return replace(nothing, of=str(said["of"]), bytes_done=done, bytes_total=total)
        except (VrooliError, ValueError, KeyError, TypeError):
            return nothing
