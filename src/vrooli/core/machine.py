"""Facts about this machine and about how we were started, gathered once by `main`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine.

    Attributes:
        host_id: stable id of the machine (`/etc/machine-id`, else one made in the home).
        boot_id: `/proc/sys/kernel/random/boot_id`.
        memory_bytes: physical memory, or the cgroup's limit when that is lower.
        cpus: usable processors.
        root: whether we run as root, so that services can run as another user.
        service_user: the system user for services when `root` ("vrooli"); None otherwise.
        python: the interpreter that runs us.
        code: folders that our own processes read (interpreter, standard library, packages,
            sources).
        user: who we are; empty when that has no name.
    """

    host_id: str
    boot_id: str
    memory_bytes: int
    cpus: int
    root: bool
    service_user: str | None
    python: str
    code: tuple[str, ...]
    user: str = ""
