"""What upgrades and restores left whose author was killed: made clean by whoever decides next,
before anything is started.
"""

from vrooli.stack.pace import untold
from vrooli.stack.postgres.left import cut_short
from vrooli.stack.runtime import Context


async def cleaned(context: Context) -> list[tuple[str, str]]:
    """Make it clean; service and what is to be told of it. Whoever calls it holds the home, so that
    nobody else is at it.

    Raises:
        StorageError: something cannot be removed.
        Busy: something does not end although it was killed.
    """
    told = []
    launched = [launch.service for launch in await context.tools.keeper.launches()]
    data = context.tools.place.home.root / "data"
    for one in [*cut_short(data, launched)]:
        await context.executor.run(one.commands, untold)
        told.append((one.service, one.said))
    return told
