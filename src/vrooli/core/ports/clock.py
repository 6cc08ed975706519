"""Port: time. Monotonic seconds decide; wall seconds are only shown and recorded."""

from typing import Protocol


class Clock(Protocol):
    """Two clocks and a sleep."""

    def monotonic(self) -> float:
        """Seconds that never jump, comparable between processes of one boot (CLOCK_MONOTONIC)."""
        ...

    def wall(self) -> float:
        """Unix seconds; may jump."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
