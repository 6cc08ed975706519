"""Where the state of one stack lives on disk. Paths only; nothing here touches the disk."""

from dataclasses import dataclass
from pathlib import Path

BACKUP_IDENTITY = "backup-identity"
"""Name of the secret that opens every restore point of a home."""

GO_ON_RECOVERING = "the same `vrooli recover` again goes on where it was"
"""What to do where `Home.recovery` is."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one stack, and its short run folder for sockets.

    Attributes:
        root: `$VROOLI_HOME`, or `/var/lib/vrooli/<stack>` for root, or
            `$XDG_STATE_HOME/vrooli/<stack>`.
        run: a short folder for sockets (sun_path holds 107 bytes, unix(7)), derived from `root`.
    """

    root: Path
    run: Path

    @property
    def stack_json(self) -> Path:
        """The compiled stack: the last good one. Mode 0600."""
        return self.root / "stack.json"

    @property
    def spool(self) -> Path:
        """The watchdog's SQLite: results, transitions, heals, backoff. Mode 0600."""
        return self.root / "spool.db"

    @property
    def wanted_json(self) -> Path:
        """Which services are meant to run; survives reboots. Mode 0600."""
        return self.root / "wanted.json"

    @property
    def wanted_stand_in(self) -> Path:
        """The same while the disk of the home takes nothing: the newer one, until it does.

        Mode 0600.
        """
        return self.run / "wanted.json"

    @property
    def keeper_socket(self) -> Path:
        """The keeper's unix socket. Mode 0600."""
        return self.run / "keeper.sock"

    @property
    def keeper_record(self) -> Path:
        """The keeper's record of launches: (boot id, pid, start time) each. Mode 0600."""
        return self.root / "keeper.json"

    @property
    def keeper_lock(self) -> Path:
        """Held (flock) by the one keeper. Mode 0600."""
        return self.root / "keeper.lock"

    @property
    def last_words(self) -> Path:
        """Why a stack that ran here stopped itself (its home was deleted); the next `up` shows it.

        Mode 0600.
        """
        return self.run / "last-words.log"

    @property
    def unit_json(self) -> Path:
        """What `vrooli-autoheal install` did on this machine, for `uninstall`. Mode 0600."""
        return self.root / "unit.json"

    @property
    def own_stops(self) -> Path:
        """Which runs of units we stopped ourselves; nobody else's wish. Mode 0600."""
        return self.run / "own-stops.json"

    @property
    def units(self) -> Path:
        """The environments of units that we have made, one file of mode 0600 each, for as long as
        the unit is there. Mode 0700.
        """
        return self.run / "units"

    @property
    def watchdog_socket(self) -> Path:
        """The watchdog's API as unix socket, beside its TCP port. Mode 0600."""
        return self.run / "watchdog.sock"

    @property
    def stay(self) -> Path:
        """There while a unit is being stopped whose services are to run on. Mode 0600."""
        return self.run / "stay"

    @property
    def watchdog_lock(self) -> Path:
        """Held (flock) by whoever decides: the watchdog, or a command while there is none.

        Mode 0600.
        """
        return self.root / "watchdog.lock"

    @property
    def turn_lock(self) -> Path:
        """Held (flock) by the command whose turn it is: to bring keeper and watchdog up, to end
        them, or to act without them.

        Mode 0600.
        """
        return self.root / "turn.lock"

    @property
    def holds(self) -> Path:
        """While somebody holds a lock on a file in here (`flock HOME/holds/backup.lock COMMAND`),
        nothing that runs is restarted. Mode 0700.
        """
        return self.root / "holds"

    @property
    def backup_ledger(self) -> Path:
        """What was backed up here, and what became of it. Mode 0600."""
        return self.root / "backup-ledger.json"

    @property
    def files_restored(self) -> Path:
        """What the last restore of each of the files moved aside, so that it can be undone. Mode
        0600.
        """
        return self.root / "files-restored.json"

    def backup_working(self, what: str) -> Path:
        """How far a `backup` or a `proof` is, while somebody is at it. Mode 0644."""
        return self.root / f"{what}-working.json"

    @property
    def id(self) -> Path:
        """What tells this home from any other to the server of a fleet, made at random; in no
        restore point. Mode 0644.
        """
        return self.root / "home-id"

    @property
    def owner_json(self) -> Path:
        """What tells this home from any other to the stores of restore points that it writes to,
        made at random, and where it lay then; in no restore point. Mode 0600.
        """
        return self.root / "owner.json"

    @property
    def recovery(self) -> Path:
        """What this home is being made anew from, for as long as that is not done. Mode 0600."""
        return self.root / "recovery.json"

    @property
    def recovery_journal(self) -> Path:
        """How far it is. Mode 0600."""
        return self.root / "recovery.db"

    @property
    def recovered(self) -> Path:
        """What this home was made anew from by `vrooli recover`, and how that went. Mode 0600."""
        return self.root / "recovered.json"

    @property
    def backup_identity(self) -> Path:
        """What opens every restore point; made with the first one. Mode 0600."""
        return self.secrets / BACKUP_IDENTITY

    @property
    def backup_key_note(self) -> Path:
        """There once the key of restore points was exported. Mode 0600."""
        return self.root / "backup-key-exported.json"

    @property
    def secrets(self) -> Path:
        """Our own secrets, one file of mode 0600 each. Mode 0700."""
        return self.root / "secrets"

    @property
    def reader_token(self) -> Path:
        """Opens what the watchdog's API tells, for Prometheus; changes nothing. Mode 0600."""
        return self.secrets / "reader.token"

    @property
    def operator_token(self) -> Path:
        """The token that the command line sends to the watchdog. Mode 0600."""
        return self.secrets / "operator.token"

    @property
    def logs(self) -> Path:
        """Log files. Mode 0755."""
        return self.root / "logs"

    def log(self, service: str) -> Path:
        """What a service writes to standard output and standard error; rotated. Mode 0640."""
        return self.logs / f"{service}.log"

    def data(self, service: str) -> Path:
        """The data folder of a service."""
        return self.root / "data" / service

    @property
    def pgsql(self) -> Path:
        """Copied PostgreSQL installations, one folder a version. Mode 0755."""
        return self.root / "pgsql"
