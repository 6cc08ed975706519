"""Going back to what was before an upgrade, and removing what is kept for that."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from vrooli.core.command import Command, Remove
from vrooli.core.errors import Refused, StorageError, UsageError
from vrooli.core.sizes import rough_size
from vrooli.stack.kept_data import Kept as KeptData
from vrooli.stack.kept_data import kept_in
from vrooli.stack.kind import Place
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres import installation as installations
from vrooli.stack.postgres.clusters import Clusters
from vrooli.stack.postgres.upgrade.look import folder_size
from vrooli.stack.postgres.upgrade.resource import Resource
from vrooli.stack.runtime import Context
from vrooli.stack.upgrading import Told, Upgrade


class Kept(Protocol):
    """A resource whose data folder of before is kept."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def context(self) -> Context:
        """Of its stack."""
        ...

    @property
    def place(self) -> Place:
        """Where it is."""
        ...

    @property
    def clusters(self) -> Clusters:
        """Which folders there were."""
        ...

    @property
    def data(self) -> Path:
        """The one in force."""
        ...


def _line(one: KeptData) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.since))
    return f"remove {one.path}: {rough_size(folder_size(one.path))}, in force until {when}"


class Undo(Upgrade):
    """Back to the folder of before; what was written since stays in the other one."""

    def __init__(self, resource: Kept) -> None:
        self._of = resource

    def back_to(self, other: Path) -> str | None:
        """What that means, in words; None when it cannot be gone back to any more."""
        return f"back to {other}" if other.is_dir() else None

    async def plan(self) -> Sequence[str]:
        """See the base."""
        of, known = self._of, self._of.clusters
        if not known.other or known.undone:
            raise UsageError(
                "there is no upgrade to go back from",
                where=of.name,
                next_step="what an upgrade leaves is kept until `--forget`",
            )
        other = of.place.home.data(known.other)
        back_to = self.back_to(other)
        if back_to is None:
            raise Refused(
                f"the data in {other}, or the programs for it, are not there any more",
                where=of.name,
                next_step="it stays as it is; a backup is the way back",
            )
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(known.at))
        return [
            back_to,
            f"what was written since {since} is lost: it stays in {of.data} until "
            f"`vrooli resource upgrade {of.name} --forget`",
        ]

    async def ready(self, told: Told) -> None:
        """Nothing."""

    async def move(self, told: Told) -> None:
        """Nothing."""

    async def switch(self) -> None:
        """See the base."""
        known = self._of.clusters
        now = Clusters(
            current=known.other,
            programs=known.other_programs,
            other=known.current,
            other_programs=known.programs,
            undone=True,
            bound=True,
            at=self._of.context.tools.clock.wall(),
        )
        await self._run(*clusters.switch(self._of.place.home, self._of.name, now, known))
        self.note = f"{self._of.name} is back at what it was before the upgrade"

    async def back(self) -> None:
        """See the base."""
        await self._run(clusters.back(self._of.place.home, self._of.name))

    async def clean(self) -> None:
        """See the base."""
        await self._run(clusters.settled(self._of.place.home, self._of.name))

    async def _run(self, *commands: Command) -> None:
        await self._of.context.executor.run(commands, lambda _: None)


class PostgresUndo(Undo):
    """Of a cluster, which needs programs of its version."""

    def __init__(self, resource: Resource) -> None:
        super().__init__(resource)
        self._resource = resource

    def back_to(self, other: Path) -> str | None:
        """See the base."""
        of, known = self._resource, self._resource.clusters
        major = clusters.major_of(other)
        noted = [known.other_programs] if known.other_programs else []
        if major is None or installations.of_major(major, of.place.home.pgsql, noted) is None:
            return None
        return f"PostgreSQL {of.major} -> {major}: back to {other}"


class Forget(Upgrade):
    """Remove the folder that is kept; with `every` also those that earlier ones left."""

    stops = False

    def __init__(self, resource: Kept, *, every: bool = False) -> None:
        self._of, self._every = resource, every

    async def plan(self) -> Sequence[str]:
        """See the base."""
        known = self._of.clusters
        earlier = await asyncio.to_thread(self._earlier)
        if not known.other and not earlier:
            self.note = f"nothing is kept of an upgrade of {self._of.name}"
            return ()
        lines = [await asyncio.to_thread(_line, one) for one in earlier]
        if not known.other:
            return lines
        other = self._of.place.home.data(known.other)
        what = "what was undone" if known.undone else "the data of before the last upgrade"
        return [*lines, f"remove {other}: {what}; it cannot be gone back to any more"]

    def _earlier(self) -> list[KeptData]:
        """Raises StorageError."""
        try:
            found = kept_in(self._of.data.parent, self._of.name) if self._every else []
        except OSError as error:
            raise StorageError(
                f"cannot look what is kept: {error.strerror}",
                where=str(self._of.data.parent),
                next_step="look who owns that folder, then again; nothing was removed",
            ) from error
        return [one for one in found if not one.last]

    async def ready(self, told: Told) -> None:
        """Nothing."""

    async def move(self, told: Told) -> None:
        """Nothing."""

    async def switch(self) -> None:
        """First it is not known any more, then it goes: a half-removed folder is never gone back
        to.
        """
        of, known = self._of, self._of.clusters
        now = replace(known, other="", other_programs="", undone=False)
        written = clusters.write(of.place.home, of.name, now)
        paths = [str(one.path) for one in await asyncio.to_thread(self._earlier)]
        paths += [str(of.place.home.data(known.other))] if known.other else []
        gone = [Remove(path) for path in paths]
        await of.context.executor.run([written, *gone], lambda _: None)
        self.note = f"removed {', '.join(paths)}"

    async def back(self) -> None:
        """It cannot be."""

    async def clean(self) -> None:
        """Nothing was made."""
