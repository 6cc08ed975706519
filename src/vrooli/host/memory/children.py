"""Port `Children`, in memory: what a module would do is a function."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from vrooli.core.errors import DeadlineExceeded
from vrooli.core.ports.children import MOST_OUTPUT, Ended

Act = Callable[[bytes], Awaitable[Ended]]


class MemoryChildren:
    """Runs the functions that it was given.

    Args:
        modules: by the module's name; one that is not there ends with code 1, as Python does.

    Attributes:
        ran: the modules that were run, in order.
    """

    def __init__(self, modules: Mapping[str, Act]) -> None:
        self._modules = dict(modules)
        self.ran: list[str] = []

    async def run(self, module: str, given: bytes, seconds: float) -> Ended:
        """See the port."""
        self.ran.append(module)
        act = self._modules.get(module)
        if act is None:
            return Ended(1, b"", f"No module named {module}")
        try:
            async with asyncio.timeout(seconds):
                ended = await act(given)
        except TimeoutError as error:
            raise DeadlineExceeded(f"it took longer than {seconds:g} s", where=module) from error
        return Ended(ended.code, ended.output[:MOST_OUTPUT], ended.errors)
