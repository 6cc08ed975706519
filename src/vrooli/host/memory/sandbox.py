"""Port `Sandbox`, in memory: code of a test's own, executed here. It keeps nothing in."""

import json
from typing import Any

from vrooli.core.errors import TooLarge
from vrooli.core.ports.sandbox import Limits, Outcome


class MemorySandbox:
    """Attributes:
    ran: for each call, what it was allowed.
    """

    def __init__(self) -> None:
        self.ran: list[tuple[Limits, bool]] = []

    async def run(self, code: str, inputs: bytes, limits: Limits, network: bool) -> Outcome:
        """See the port."""
        self.ran.append((limits, network))
        space: dict[str, Any] = {}
        try:
            exec(code, space)
            output = json.dumps(space["main"](json.loads(inputs)), allow_nan=False).encode()
        except Exception as error:  # noqa: BLE001 -- it may raise anything
            return Outcome(b"", f"{type(error).__name__}: {error}", "")
        if len(output) > limits.output:
            raise TooLarge(f"its output has more than {limits.output} bytes")
        return Outcome(output, "", "")
