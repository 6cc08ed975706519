"""No probe at all: the process is what counts, and whoever asks knows about that already."""

from vrooli.core.result import Result, ok
from vrooli.stack.kind import ProbeTools
from vrooli.stack.model import Service


async def probe(service: Service, tools: ProbeTools) -> Result:
    """Nothing to ask."""
    return ok("no probe: its process is what counts")
