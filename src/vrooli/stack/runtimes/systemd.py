"""A unit of systemd, which somebody has made: it is started and stopped, never made or removed."""

from vrooli.stack.held_runtime import HeldRuntime


class SystemdRuntime(HeldRuntime):
    """Asks systemd: root that of the system, another user that user's own."""

    name = "systemd"
    manager = "systemd"
    thing = "unit"
    stop_command = "systemctl stop"
    start_command = "systemctl start"


RUNTIME = SystemdRuntime()
