"""When too much fails at once, its cause is none of the services: restarting them all hides it, and
loads a machine that is in trouble. Pure.

While the breaker is open, one service at a time is healed, in the order of the start: when that
works the next one follows, and when it does not, the others are spared.
"""

from vrooli.stack.model import AutohealSettings

LEAST = 4
"""Services that must fail at once; in a small stack two of three are no evidence of anything."""


def common_cause(failing: int, total: int, settings: AutohealSettings) -> str:
    """Why there must be a common cause; empty when there need not be one.

    Args:
        failing: services that fail for no reason of another service's.
        total: services that should run.
        settings: `breaker` is the share from which on it is open.
    """
    if failing < LEAST or failing <= settings.breaker * total:
        return ""
    return f"{failing} of {total} services fail at once, which has a cause outside of them"
