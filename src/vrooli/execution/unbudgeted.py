"""Port `Spending`, for runs that may spend what they like."""

from vrooli.execution.spending import Amount


class Unbudgeted:
    """Sets nothing aside; what was spent is told by the output of each step."""

    async def reserve(self, run: str, key: str, most: Amount) -> None:
        """See the port."""

    async def settle(self, run: str, key: str, real: Amount) -> None:
        """See the port."""
