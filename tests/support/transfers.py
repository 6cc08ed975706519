"""Writers that move money between accounts for as long as somebody looks: whatever is read at one
moment, the sum is the same, and each transfer stands in the books.
"""

import asyncio
import random
import threading
from types import TracebackType

import asyncpg

from tests.support.older_postgres import sql
from tests.support.stack import LiveStack

ACCOUNTS, EACH, WRITERS = 200, 1000, 3

_MADE = f"""
CREATE TABLE accounts (id int PRIMARY KEY, balance bigint NOT NULL, moves bigint DEFAULT 0);
INSERT INTO accounts SELECT n, {EACH} FROM generate_series(1, {ACCOUNTS}) n;
CREATE TABLE transfers (id bigserial PRIMARY KEY, a int, b int, amount int)"""


class Transfers:
    """A context in which transfers go on."""

    def __init__(self, stack: LiveStack) -> None:
        self._stack, self._ended = stack, threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()))
        self.done = 0

    def __enter__(self) -> "Transfers":
        if not sql(self._stack, "SELECT to_regclass('accounts') IS NOT NULL"):
            sql(self._stack, _MADE, "SELECT 1")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    async def _all(self) -> None:
        await asyncio.gather(*(self._writer(seed) for seed in range(WRITERS)))

    async def _writer(self, seed: int) -> None:
        secret = self._stack.home / "secrets" / "postgres-vrooli"
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self._stack.ports["postgres"], user="vrooli",
            password=secret.read_text(encoding="ascii").strip(), database="vrooli", ssl=False,
        )  # fmt: skip
        chance = random.Random(seed)
        while not self._ended.is_set():
            a, b = sorted(chance.sample(range(1, ACCOUNTS + 1), 2))
            async with connection.transaction():
                for account, amount in ((a, -7), (b, 7)):
                    await connection.execute(
                        "UPDATE accounts SET balance = balance + $2, moves = moves + 1"
                        " WHERE id = $1",
                        account,
                        amount,
                    )
                await connection.execute(
                    "INSERT INTO transfers (a, b, amount) VALUES ($1, $2, 7)", a, b
                )
            self.done += 1
        await connection.close()


def add_up(stack: LiveStack) -> int:
    """How many transfers there are, all of them whole."""
    found = sql(
        stack,
        "SELECT ARRAY[(SELECT sum(balance)::bigint FROM accounts), (SELECT sum(moves)::bigint FROM"
        " accounts), (SELECT 2 * count(*) FROM transfers)]",
    )
    total, moves, noted = found
    assert (total, moves) == (ACCOUNTS * EACH, noted), found
    return int(noted) // 2
