"""The network interfaces of this machine, as the kernel shows them in sysfs."""

from vrooli.autoheal import procfs
from vrooli.core.ports.files import Files


def interfaces(files: Files) -> list[str]:
    """All but loopback."""
    return [name for name in files.names("/sys/class/net") if name != "lo"]


def is_up(files: Files, name: str) -> bool:
    """Whether it can carry anything; of a tunnel the kernel does not know (`unknown`)."""
    return procfs.text(files, f"/sys/class/net/{name}/operstate") in ("up", "unknown")
