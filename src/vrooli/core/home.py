"""Where the state of one stack lives on disk. Paths only; nothing here touches the disk."""

from dataclasses import dataclass
from pathlib import Path


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
        """The compiled stack: the last good one."""
        return self.root / "stack.json"

    @property
    def spool(self) -> Path:
        """The watchdog's SQLite: history, heals, wanted state."""
        return self.root / "spool.db"

    @property
    def wanted_json(self) -> Path:
        """Which services are meant to run; survives reboots."""
        return self.root / "wanted.json"

    @property
    def keeper_socket(self) -> Path:
        """The keeper's unix socket."""
        return self.run / "keeper.sock"

    @property
    def keeper_record(self) -> Path:
        """The keeper's record of launches: (boot id, pid, start time) each."""
        return self.root / "keeper.json"

    @property
    def keeper_lock(self) -> Path:
        """Held (flock) by the one keeper."""
        return self.root / "keeper.lock"

    @property
    def watchdog_socket(self) -> Path:
        """The watchdog's API as unix socket, beside its TCP port."""
        return self.run / "watchdog.sock"

    @property
    def watchdog_lock(self) -> Path:
        """Held (flock) by whoever decides: the watchdog, or a command while there is none."""
        return self.root / "watchdog.lock"

    @property
    def up_lock(self) -> Path:
        """Held (flock) while a command brings keeper and watchdog up, so that two do not race."""
        return self.root / "up.lock"

    @property
    def secrets(self) -> Path:
        """Our own secrets, 0700, one 0600 file each."""
        return self.root / "secrets"

    @property
    def operator_token(self) -> Path:
        """The token that the command line sends to watchdog and server."""
        return self.secrets / "operator.token"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.root / "logs"

    def log(self, service: str) -> Path:
        """The log file of a service."""
        return self.logs / f"{service}.log"

    def data(self, service: str) -> Path:
        """The data folder of a service."""
        return self.root / "data" / service

    @property
    def pgsql(self) -> Path:
        """Copied PostgreSQL installations, one folder a version."""
        return self.root / "pgsql"
