"""No probe at all: the process is what counts, and whoever asks knows about that already."""

from vrooli.core.result import Result, ok
from vrooli.stack.kind import ProbeTools
from vrooli.stack.model import Service


async def probe(service: Service, tools: ProbeTools) -> Result:
    """Nothing to ask, which must not look like an answer: `details["unasked"]`."""
    return ok("its process lives; it has no `health` that could be asked", unasked=True)
