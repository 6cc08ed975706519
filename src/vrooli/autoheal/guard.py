"""Trouble in one part must not end the watching of the others: it is logged, and all goes on."""

import logging
from collections.abc import Awaitable

from vrooli.core.errors import VrooliError

_log = logging.getLogger(__name__)


async def guarded(what: str, work: Awaitable[object]) -> bool:
    """Await `work`; whether it went well. What it raises is logged under `what`."""
    try:
        await work
    except VrooliError as error:
        _log.warning("%s: %s", what, error)
        return False
    except Exception:  # noqa: BLE001 -- a defect in one part; without this the watchdog would end
        _log.exception("%s", what)
        return False
    return True
