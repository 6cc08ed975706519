"""A replication slot for as long as a backup goes on: the WAL of a long copy is still there at its
end.

It belongs to a session of ours, and goes with it: also where we are killed, or the server hung and
could not be asked for anything.
"""

import asyncio
import secrets
from contextlib import suppress

from vrooli.core.errors import DeadlineExceeded, VrooliError
from vrooli.stack.postgres.cluster import SUPERUSER
from vrooli.stack.postgres.upgrade.ask import MAINTENANCE, Asker
from vrooli.stack.wire import postgres
from vrooli.stack.wire.dsn import Dsn

SLOT = "vrooli_backup"
"""How the names of these slots begin."""

PATIENCE = 60.0
"""Seconds for an answer that takes a server milliseconds."""

_NOTICES = """
SELECT set_config(name, '2s', false) FROM pg_settings
WHERE name = 'client_connection_check_interval'"""
"""Since 14 a server sees within this time that whoever asked has gone."""

_TAKEN = "SELECT to_json(count(*) > 0) FROM pg_replication_slots WHERE slot_name = '{name}'"

_LEFT = f"""
SELECT json_agg(pg_drop_replication_slot(slot_name)::text) FROM pg_replication_slots
WHERE slot_name ~ '^{SLOT}(_[0-9a-f]+)?$' AND NOT active"""

_PAUSE = 0.01
"""Seconds between two questions whether it is there: to take it takes about as long."""


class Slot:
    """One, of the cluster that `live` asks."""

    def __init__(self, live: Asker) -> None:
        self._live, self._name = live, f"{SLOT}_{secrets.token_hex(4)}"
        self._session: asyncio.Task[object] | None = None

    async def take(self) -> None:
        """Have it.

        Raises:
            VrooliError: the server gives none.
            DeadlineExceeded: it does not answer.
        """
        await self._answer(_LEFT)
        self._session = asyncio.create_task(self._held())
        try:
            while not await self._answer(_TAKEN.format(name=self._name)):
                if self._session.done():
                    await self._session
                await asyncio.sleep(_PAUSE)
        except BaseException:  # nobody else would hear how the session ended
            await self.release()
            raise

    async def release(self) -> None:
        """Let go. A server that hangs drops it when it goes on."""
        if self._session is not None:
            self._session.cancel()
            with suppress(asyncio.CancelledError, VrooliError):
                await self._session
            self._session = None

    async def _held(self) -> None:
        live = self._live
        await postgres.query(
            live.streams,
            Dsn(live.address, SUPERUSER, live.password, MAINTENANCE),
            "SET statement_timeout = 0",
            _NOTICES,
            f"SELECT pg_create_physical_replication_slot('{self._name}', true, true)",
            "SELECT pg_sleep(1e9)",
        )

    async def _answer(self, statement: str) -> object:
        return await patiently(self._live, statement)


async def patiently(live: Asker, statement: str) -> object:
    """What a server says at once, unless it hangs.

    Raises:
        DeadlineExceeded: it does.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            return await live.json(statement)
    except TimeoutError as error:
        raise DeadlineExceeded(
            f"the server does not answer for {PATIENCE:g} s",
            where=str(live.address),
            next_step="`vrooli status` shows how it is; try again when it answers",
        ) from error
