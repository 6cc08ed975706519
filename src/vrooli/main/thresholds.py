"""`[autoheal.checks.NAME]` must name a check that exists: only `autoheal` knows which do."""

import vrooli.autoheal.checks
from vrooli.core import discover
from vrooli.core.errors import ConfigError
from vrooli.stack.model import Stack
from vrooli.stack.nearest import did_you_mean


def require_known_checks(stack: Stack) -> None:
    """Raises ConfigError for thresholds of a check that is not there: they would do nothing."""
    known = [name.replace("_", "-") for name in discover.names(vrooli.autoheal.checks)]
    for said in stack.autoheal.checks:
        if said not in known:
            raise ConfigError(
                f"autoheal.checks.{said}: there is no such check{did_you_mean(said, known)}",
                where=stack.source,
                next_step=f"there are: {', '.join(known)}",
            )
