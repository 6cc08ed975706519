"""What a gate is: a reason why a restart cannot help now. One file a gate, in `gates/`.

A gate that is wrong keeps a service down at 3 a.m., so each of them keeps to these:

- What ended is started, whatever the machine looks like: it is down already, so that a try costs
  nothing, and the backoff bounds the tries. Only where a start is bound to fail (`starts`) is it
  refused, because then it is tried again the moment that the reason is gone, uncounted.
- What runs is not ended while its look says more about the machine than about the service.
- What could not be found out is no reason, and what somebody may have forgotten is one for a
  bounded time only.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import vrooli.autoheal.gates
from vrooli.autoheal.policy import Symptom
from vrooli.autoheal.steps import ClockSteps
from vrooli.autoheal.tracker import Tracked
from vrooli.core import discover
from vrooli.core.errors import DeadlineExceeded, StorageError
from vrooli.core.home import Home
from vrooli.core.ports.files import Files
from vrooli.core.ports.system import System
from vrooli.stack.aside import Aside

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Around:
    """What gates may look at.

    Attributes:
        system, files: the machine.
        home: the folder whose disk matters.
        cpus: usable processors.
        steps: how the wall clock was set lately.
        memory_of: bytes that a service holds with all that it started, by its name.
    """

    system: System
    files: Files
    home: Home
    cpus: int
    steps: ClockSteps
    memory_of: Callable[[str], int]


def nothing(_: Around) -> str:
    """The look of a gate that knows all from the service."""
    return ""


def everybody(_: Tracked, said: str, __: Around) -> str:
    """The judgement of a gate that is the same for all."""
    return said


def no_answer(_: Around, __: DeadlineExceeded) -> str:
    """A look that does not come back says nothing."""
    return ""


@dataclass(frozen=True, slots=True)
class Gate:
    """A named reason.

    Attributes:
        id: the file's name with dashes.
        when: in which case it is closed, for the reference.
        look: why nothing should be restarted on this machine; empty when nothing speaks against it.
            It may block: it runs in a thread of its own.
        judge: what of that holds for one service.
        patience: seconds after which the look is not waited for.
        hung: what it means that it does not come back.
        starts: whether it also keeps what ended from being started.
    """

    id: str
    when: str
    look: Callable[[Around], str] = nothing
    judge: Callable[[Tracked, str, Around], str] = everybody
    patience: float = 2.0
    hung: Callable[[Around, DeadlineExceeded], str] = no_answer
    starts: bool = False

    def concerns(self, symptom: Symptom) -> bool:
        """Whether it may speak about one that failed like that."""
        return self.starts or symptom is Symptom.UNRESPONSIVE


def all_gates() -> list[Gate]:
    """Every one, those that forbid the most first."""
    folder = vrooli.autoheal.gates
    found = [discover.load(folder, name, "GATE", Gate) for name in discover.names(folder)]
    return sorted(found, key=lambda gate: (not gate.starts, gate.id))


class Gates:
    """Those in force."""

    def __init__(self, around: Around, gates: Sequence[Gate] = ()) -> None:
        self._around, self._gates = around, tuple(gates or all_gates())
        self._aside = Aside()
        self._said: dict[str, str] = {}

    async def look(self, symptom: Symptom | None = None) -> None:
        """Look at the machine, as far as it matters to one that failed like that (None: to any).
        Who comes meanwhile gets the same answer.
        """
        asked = [gate for gate in self._gates if gate.look is not nothing]
        asked = [gate for gate in asked if symptom is None or gate.concerns(symptom)]
        await asyncio.gather(*(self._ask(gate) for gate in asked))

    def reason(self, tracked: Tracked) -> str:
        """Why a service must not be restarted now, by the latest look; empty when it may."""
        symptom = tracked.failure.symptom if tracked.failure else Symptom.EXITED
        for gate in self._gates:
            if gate.concerns(symptom):
                said = self._judged(gate, tracked)
                if said:
                    return said
        return ""

    def _judged(self, gate: Gate, tracked: Tracked) -> str:
        try:
            return gate.judge(tracked, self._said.get(gate.id, ""), self._around)
        except Exception:  # noqa: BLE001 -- a defect in a gate must keep nothing down
            _log.exception("gate %s", gate.id)
            return ""

    async def _ask(self, gate: Gate) -> None:
        try:
            said = await self._aside.answer(gate.id, lambda: gate.look(self._around), gate.patience)
        except DeadlineExceeded as error:
            said = gate.hung(self._around, error)
        except StorageError:  # a file that we may not read
            said = ""
        except Exception:  # noqa: BLE001 -- a defect in a gate must keep nothing down
            _log.exception("gate %s", gate.id)
            said = ""
        self._said[gate.id] = said
