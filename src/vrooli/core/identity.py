"""Who a process is. A pid alone is reused; with its start time and the boot it is unique."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, for ever.

    Attributes:
        boot_id: `/proc/sys/kernel/random/boot_id`.
        pid: process id in our pid namespace.
        start_ticks: field 22 of `/proc/<pid>/stat`: clock ticks after boot (see proc_pid_stat(5)).
    """

    boot_id: str
    pid: int
    start_ticks: int

    def to_json(self) -> dict[str, Any]:
        """The shape on disk and on the keeper's socket."""
        return {"boot_id": self.boot_id, "pid": self.pid, "start_ticks": self.start_ticks}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Identity":
        """Read what `to_json` wrote."""
        return cls(str(data["boot_id"]), int(data["pid"]), int(data["start_ticks"]))
