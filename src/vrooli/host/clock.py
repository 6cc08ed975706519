"""Port `Clock` by the machine's clocks."""

import asyncio
import time


class SystemClock:
    """CLOCK_MONOTONIC and the wall clock."""

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    def wall(self) -> float:
        """Unix seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
