"""Having the data of a restore point in force, as far as it is the same for every kind.

It is made ready beside the data while what serves goes on to serve; then the two change places.
What was in force is kept, whatever state it is in.
"""

import asyncio
import secrets
import shutil
import time
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from vrooli.core.command import Rename, WriteFile
from vrooli.core.errors import Refused
from vrooli.core.sizes import rough_size
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.clusters import Clusters
from vrooli.stack.postgres.left import RESTORE, TARGET, launched_as, removed, stage_folder
from vrooli.stack.postgres.upgrade.undo import Kept
from vrooli.stack.upgrading import Told, Upgrade, Wish

MIB = 1024 * 1024


class Restorable(Kept, Protocol):
    """A resource whose data a restore replaces."""

    @property
    def folders(self) -> Path:
        """Where the data folders lie."""
        ...


class Restoring(Upgrade):
    """One restore.

    Args:
        of: the resource.
        wish: which restore point, and how large it is.
        copy: the folder whose data will be in force, once it is ready.

    Attributes:
        programs: bin folder of the programs that run it where the declared ones may not; noted
            with it.
        reached: what it holds, for people: the end of a sentence.
        next: what has to be done afterwards, for people: a sentence.
    """

    programs = reached = next = ""

    def __init__(self, of: Restorable, wish: Wish, copy: Path) -> None:
        self._of, self._wish, self._copy = of, wish, copy
        # Another name each time: a point may be restored again, and what was in force stays.
        mark = wish.mark or secrets.token_hex(4)
        self._target = of.place.home.data(f"{of.name}.{wish.restore[-6:]}-{mark}")

    @abstractmethod
    def need(self) -> int:
        """Bytes that are needed beside what is there."""

    @abstractmethod
    def is_there(self) -> bool:
        """Whether what is in force can serve. Where the data is lost, a start would make an empty
        one in its place.
        """

    @abstractmethod
    def lines(self) -> tuple[Sequence[str], Sequence[str]]:
        """What will be done, and what will be otherwise afterwards, a line each.

        Raises:
            ConfigError, Refused: it cannot be done here.
        """

    @abstractmethod
    async def make_ready(self, told: Told) -> None:
        """Have the data in its folder, as the server that will serve wants it: looked at, and
        stopped.
        """

    def programs_before(self) -> str:
        """Bin folder of the programs that what is in force now needs, as far as it was noted."""
        return self._of.clusters.programs

    async def plan(self) -> Sequence[str]:
        """See the base."""
        of = self._of
        if of.clusters.current == self._target.name:  # whoever did it was killed after that
            self.note = f"{of.name} has the data of {self._wish.restore} already"
            return ()
        done, otherwise = self.lines()
        need = await asyncio.to_thread(self.need)
        self.spares = await asyncio.to_thread(self.is_there)
        free = (await asyncio.to_thread(shutil.disk_usage, of.folders)).free
        if free < need:
            raise Refused(
                f"{rough_size(need)} are needed, {rough_size(free)} are free in {of.folders}",
                where=of.name,
                next_step="make room, then again; nothing was changed",
            )
        kept = of.clusters.other
        other = f"what is kept of before stays in {of.place.home.data(kept)}: nothing removes it"
        return [
            *done,
            f"{rough_size(need)} are needed, {rough_size(free)} are free",
            f"what is in force now stays in {of.data} until "
            f"`vrooli resource upgrade {of.name} --forget`",
            *otherwise,
            *([other] if kept else []),
        ]

    async def ready(self, told: Told) -> None:
        """See the base."""
        self._of.place.works.add(launched_as(self._of.name, RESTORE))
        await self.make_ready(told)

    async def move(self, told: Told) -> None:
        """Nothing: all of it was done while the other served."""

    async def switch(self) -> None:
        """Give the folder its name, then write down that it is in force."""
        of, before = self._of, self._of.clusters
        kept = of.data.exists()
        now = Clusters(
            current=self._target.name,
            programs=self.programs,
            other=before.current if kept else "",
            other_programs=self.programs_before() if kept else "",
            at=of.context.tools.clock.wall(),
        )
        stage = stage_folder(of.folders, of.name, RESTORE)
        about = WriteFile(str(stage / TARGET), f"{self._target.name}\n", 0o600)
        named = Rename(str(self._copy), str(self._target))
        written = clusters.switch(of.place.home, of.name, now, before)
        await of.context.executor.run([about, named, *written], silent)
        at = time.strftime("%H:%M:%S", time.localtime(now.at))
        said = [f"{of.name} has the data of {self._wish.restore} since {at}{self.reached}"]
        if kept:
            said.append(
                f"What was in force is kept: `vrooli resource upgrade {of.name} --undo` goes back "
                "to it, `--forget` removes it"
            )
        self.note = ". ".join([*said, *filter(None, [self.next])])

    async def back(self) -> None:
        """See the base."""
        of = self._of
        await of.context.executor.run([clusters.back(of.place.home, of.name)], silent)

    async def clean(self) -> None:
        """See the base."""
        of = self._of
        settled = clusters.settled(of.place.home, of.name)
        left = removed(of.folders, of.name, RESTORE)  # also what was about to be in force
        of.place.works.discard(launched_as(of.name, RESTORE))
        await of.context.executor.run([settled, *left], silent)


def silent(_: str) -> None:
    """Nothing that anybody waits for."""
