"""What happens after a reboot."""

from pathlib import Path

_WANTS = Path("/etc/systemd/system/multi-user.target.wants")


def protected_at_boot() -> bool:
    """Whether the operating system starts a watchdog of ours at boot: a unit of that name is
    enabled.
    """
    return any(_WANTS.glob("vrooli*.service"))
