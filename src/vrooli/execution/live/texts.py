"""Tells what models say just now: readers of this process, and others by NOTIFY.

No part of the journal: nothing is written, and what gets lost on the way stays lost. All that is
said in a process within a pause is told by one statement, so that it costs four small commits a
second at most, and none while no model says anything.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from vrooli.core.errors import VrooliError
from vrooli.core.ports.database import Database
from vrooli.execution.saying import Place

CHANNEL = "vrooli_run_texts"

PAUSE = 0.25
"""Seconds between two pieces of one answer."""

LONGEST = 2000
"""Characters of a piece: of an answer that comes faster the last ones are told."""

LARGEST = 7000
"""Bytes of a piece as JSON: PostgreSQL takes 7,999 in a notice."""

MOST = 200
"""Answers that are told of at once; of more, those that began first."""

_TELL = """
SELECT r.root, p.said, pg_notify($1, $2 || ' ' || r.root || ' ' || p.said)::text
FROM unnest($3::text[], $4::text[]) AS p(run, said) JOIN runs r ON r.id = p.run
"""

Heard = Callable[[str, str], None]
"""Takes the root of a tree, and a piece as JSON."""


@dataclass
class _Answer:
    """One that is being said.

    Attributes:
        text: what is not told yet, as far as it will be.
        at: where that begins, in characters.
    """

    text: str = ""
    at: int = 0

    def more(self, text: str) -> None:
        whole = self.text + text
        self.text = whole[-LONGEST:]
        self.at += len(whole) - len(self.text)

    def piece(self, place: Place) -> str:
        """What is due, which is not due again."""
        while len((said := self._said(place)).encode()) > LARGEST:
            self.at += len(self.text) - len(self.text) // 2
            self.text = self.text[-(len(self.text) // 2) :]
        self.at += len(self.text)
        self.text = ""
        return said

    def _said(self, place: Place) -> str:
        text = self.text.encode(errors="replace").decode()  # half of a character cannot be sent
        told = {"run": place.run, "kind": "model.text", "path": place.path}
        more = {"attempt": place.attempt, "from": self.at, "text": text}
        return json.dumps({**told, **more}, ensure_ascii=False, separators=(",", ":"))


class Texts:
    """For the models of one process; see `Saying`.

    Args:
        database: where others hear it.
        owner: a name that no other process ever has.
        heard: readers of this process.
    """

    def __init__(self, database: Database, owner: str, heard: Heard) -> None:
        self._database, self._owner, self._heard = database, owner, heard
        self._answers: dict[Place, _Answer] = {}
        self._task: asyncio.Task[None] | None = None

    def say(self, place: Place, text: str) -> None:
        """See the port."""
        self._answers.setdefault(place, _Answer()).more(text)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tell(), name="texts")

    def over(self, place: Place) -> None:
        """See the port."""
        self._answers.pop(place, None)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            due = [(place, one) for place, one in self._answers.items() if one.text][:MOST]
            if not due:
                return
            runs = [place.run for place, _ in due]
            said = [one.piece(place) for place, one in due]
            with suppress(VrooliError):  # the journal has it in the end
                async with self._database.connection() as connection:
                    rows = await connection.fetch(_TELL, CHANNEL, self._owner, runs, said)
                for row in rows:
                    self._heard(row[0], row[1])


def understood(notice: str) -> tuple[str, str, str]:
    """Who told it, the root of the tree, and the piece."""
    owner, root, said = notice.split(" ", 2)
    return owner, root, said
