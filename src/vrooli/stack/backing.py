"""How the data of a kind of resource is backed up, and a copy of it proven: facts and commands as
data, asked by `backup`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from vrooli.core.ports.outputs import OutputProgram
from vrooli.stack.upgrading import Told


@dataclass(frozen=True, slots=True)
class Found:
    """What a proof saw.

    Attributes:
        checks: what held, a line each.
        numbers: of what is in it, for people and charts.
    """

    checks: tuple[str, ...]
    numbers: Mapping[str, Any] = field(default_factory=dict)


class Backing(ABC):
    """Of one resource. Every method raises VrooliError when it cannot go on.

    Attributes:
        form: what the bytes are: who restores them must know it.
        known_by: the last file of its tar, by which its next copy can tell what changed since;
            empty where each copy is whole.
    """

    form: ClassVar[str]
    known_by: ClassVar[str] = ""

    @abstractmethod
    async def begin(self) -> None:
        """Have kept what a copy needs, until its `end`."""

    @abstractmethod
    async def end(self) -> None:
        """Nothing has to be kept any more."""

    @abstractmethod
    async def ask(self) -> Mapping[str, Any]:
        """What is worth knowing of it now, written down with the restore point: `bytes`, and
        `system`, which another one in its place would have different.
        """

    @abstractmethod
    def program(self) -> OutputProgram:
        """What writes its data as one tar, consistent at its end, while it serves."""

    def increment(self, known: Path) -> OutputProgram | None:
        """What writes as one tar what changed since an earlier copy; None where that is not known.

        Args:
            known: a file, which holds what `known_by` was in that copy.
        """
        return None

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

    @abstractmethod
    async def clean(self) -> None:
        """Remove the copy."""

    @property
    @abstractmethod
    def user(self) -> str | None:
        """The system user that must own the files of a copy; None for whoever we are."""
