"""How the data of a kind of resource is backed up, and a copy of it proven: facts and commands as
data, asked by `backup`.
"""

import tarfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from vrooli.core.ports.outputs import Output, OutputProgram, Outputs
from vrooli.stack.upgrading import Told

Reading = Literal["none", "spare", "usual", "deep"]
"""How much of a source is read again to compare a copy with it: nothing, what costs next to
nothing, what a server does not feel, or all.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a proof saw.

    Attributes:
        checks: what held, a line each.
        numbers: of what is in it, for people and charts.
    """

    checks: tuple[str, ...]
    numbers: Mapping[str, Any] = field(default_factory=dict)


class Content(Protocol):
    """What a member of a tar holds."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at the most `size`; empty at its end."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """One of a tar.

    Attributes:
        info: its name and what else stands in its header; `size` is what is read of `content`.
        content: what it holds; None where it is no file.
        grows: whether bytes are added to its end, and none of it changes otherwise.
    """

    info: tarfile.TarInfo
    content: Content | None = None
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Members:
    """What is laid up as a tar by ourselves, where no program does.

    Attributes:
        title: what is done, for messages.
        all: begins to read; each member is read to its end before the next one is asked for.
    """

    title: str
    all: Callable[[], Iterator[Member]]


@dataclass(frozen=True, slots=True)
class Served:
    """What a server gives out as a tar, without a program between.

    Attributes:
        title: what is done, for messages.
        open: begins it; blocks.
    """

    title: str
    open: Callable[[Outputs], Output]


TAR, TREE = "tar", "tree"
"""A tar of files and folders alone, which are given to one owner; and one with links too, of files
that belong to whom they belonged.
"""


@dataclass(frozen=True, slots=True)
class Practised:
    """What a restore for practice saw.

    Attributes:
        answered: when the copy answered for the first time, in seconds of the monotonic clock;
            None: now.
        lost: seconds of writes that are in what serves and not in the copy; None: not known, then
            it counts from the beginning of the restore point.
    """

    answered: float | None = None
    lost: float | None = None


class Backing(ABC):
    """Of one resource. Every method raises VrooliError when it cannot go on.

    Attributes:
        form: what the bytes are: who restores them must know it.
        known_by: the last file of its tar, by which its next copy can tell what changed since;
            empty where each copy is whole.
        shape: how they are unpacked, `tar` or `tree`.
    """

    form: ClassVar[str]
    known_by: ClassVar[str] = ""
    shape: ClassVar[str] = TAR

    def of_form(self, form: str) -> "Backing":
        """What backs up the same data in another form, where there is one; else this."""
        return self

    def will_read(self, reading: Reading) -> None:  # noqa: B027 -- most need not know before
        """How much of the source may be read again; said before `begin`."""

    @abstractmethod
    async def begin(self) -> None:
        """Have kept what a copy needs, until its `end`."""

    def growing(self) -> Path | None:
        """The folder in which `begin` writes files by appending to them, of which `program` makes
        the members; None where it writes none. Where there is one, `end` may be called also when
        `begin` failed.
        """
        return None

    @abstractmethod
    async def end(self) -> None:
        """Nothing has to be kept any more. The next one may begin meanwhile."""

    @abstractmethod
    async def ask(self) -> Mapping[str, Any]:
        """What is worth knowing of it now, written down with the restore point: `bytes`, and
        `system`, which another one in its place would have different.
        """

    @abstractmethod
    def program(self) -> OutputProgram | Served | Members:
        """What writes its data as one tar, consistent at its end, while it serves; or what such a
        tar is made of.
        """

    def increment(self, known: Path) -> OutputProgram | None:
        """What writes as one tar what changed since an earlier copy; None where that is not known.

        Args:
            known: a file, which holds what `known_by` was in that copy.
        """
        return None

    async def rows(self, reading: Reading) -> Mapping[str, Any]:
        """What the source holds at the end of a copy, as `expect` takes it; between `begin` and
        `end`. Nothing where a copy is not compared with it.
        """
        return {}

    def expect(self, rows: Mapping[str, Any]) -> None:  # noqa: B027 -- most have nothing to do
        """What the source of the copy that is proven next held then."""

    @abstractmethod
    async def prepare(self) -> str:
        """The empty folder for a copy that will be proven, ours alone; what an earlier proof left
        is gone.
        """

    @abstractmethod
    async def prove(self, told: Told) -> Found:
        """Look whether the copy in that folder works.

        Raises:
            StartFailed: it does not, with what was seen.
        """

    async def practise(self, facts: Mapping[str, Any], since: float, told: Told) -> Practised:
        """Have the copy in that folder answer, and say when it did and what it lacks.

        Here the whole proof counts; a kind whose copies answer sooner knows better.

        Args:
            facts: what was asked when the copy was made.
            since: Unix seconds; what was written before is in it.
            told: gets lines about how far it is.

        Raises:
            StartFailed: it does not answer, with what was seen.
        """
        await self.prove(told)
        return Practised()

    @abstractmethod
    async def clean(self) -> None:
        """Remove the copy."""

    @property
    @abstractmethod
    def user(self) -> str | None:
        """The system user that must own the files of a copy; None for whoever we are."""
