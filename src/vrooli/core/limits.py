"""What a service may use at most, and what it may not do, kept by the operating system."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one service, with all that it starts; 0, False and nothing are no limit.

    Attributes:
        memory: bytes; what goes beyond has one of its processes killed.
        tasks: processes and threads.
        cpu: percent of one processor.
        files: that one of its processes may have open.
        no_new_privileges: no program that it runs gets more rights than it has (setuid, sudo).
        private_tmp: `/tmp` and `/var/tmp` of its own.
        protect_home: `/home`, `/root` and `/run/user` are empty for it.
        read_only: paths that it cannot change anything in.
    """

    memory: int = 0
    tasks: int = 0
    cpu: int = 0
    files: int = 0
    no_new_privileges: bool = False
    private_tmp: bool = False
    protect_home: bool = False
    read_only: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self != NO_LIMITS

    @property
    def changes_files(self) -> bool:
        """Whether it sees other files than everybody else: that takes a system's systemd."""
        return self.private_tmp or self.protect_home or bool(self.read_only)


NO_LIMITS = Limits()
