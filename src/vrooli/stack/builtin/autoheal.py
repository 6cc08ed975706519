"""The watchdog, as the stack sees it. The keeper minds it, so it is never started or stopped like
the others.
"""

from vrooli.stack.builtin.scenario import ScenarioKind


class AutohealKind(ScenarioKind):
    """The watchdog itself."""

    name = "autoheal"
    title = "Watchdog"
    summary = "watches and heals this stack"
    needs_command = False
    default_port = 3002


KIND = AutohealKind()
