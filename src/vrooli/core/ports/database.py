"""Port: PostgreSQL, as those who keep their own statements use it."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol


class Database(Protocol):
    """Lends connections."""

    def connection(self, seconds: float = ...) -> AbstractAsyncContextManager[Any]:
        """An asyncpg connection for at most so many seconds, waiting for a free one included.

        Raises:
            VrooliError: whatever the driver or PostgreSQL said, in our words; `retryable` tells
                whether trying again can help.
        """
        ...
