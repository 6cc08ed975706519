"""What the operating system is told, so that it starts the keeper at boot: settings to files and
commands as data, and its answers to facts. One service manager a file, in `watchdog/`.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vrooli.core.command import WriteFile
from vrooli.core.ports.programs import Answer

NO_HOME = 78
"""Exit code of the keeper's start when there is no home: EX_CONFIG of sysexits(3). Another start
would not find one either.
"""

_FIT = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """Which one.

    Attributes:
        name: by which the service manager knows it.
        user: whose it is, `uid` and `user_home` likewise.
        system: whether it is the machine's, and starts without a user of its own.
    """

    name: str
    user: str
    uid: int
    user_home: str
    system: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in it. All paths are absolute.

    Attributes:
        stack: name of the stack.
        source: the stack file; empty for the built-in stack.
        start: starts the keeper, which stays in the foreground.
        halt: stops the services in order, and then the watchdog; the unit's full name is added.
        environment: of all of it; never a secret.
        stop_seconds: that an ordered stop may take.
        needs: folders that must be mounted before.
    """

    stack: str
    source: str
    start: tuple[str, ...]
    halt: tuple[str, ...]
    environment: Mapping[str, str]
    stop_seconds: float
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """A command for the service manager, as data.

    Attributes:
        title: what it does, for progress and errors.
        seconds: that it may take.
        needed: whether its failure fails the whole.
    """

    title: str
    argv: tuple[str, ...]
    seconds: float = 30.0
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """What the service manager says about a unit.

    Attributes:
        silence: why it could not be asked; empty when it answered.
        loaded: whether it knows the unit.
        enabled: whether it starts it at boot.
        active: whether it runs.
        state: in its own words.
        main_pid: its main process; 0 when there is none.
        amiss: what is not as we wrote it, in words.
        names: of variables that it adds to the unit's environment (an operator's drop-in).
        environment_files: that it reads further variables from.
        lingers: whether a user's unit starts without the user; None where that is no question.
        linger_advice: what has it do so.
    """

    silence: str = ""
    loaded: bool = False
    enabled: bool = False
    active: bool = False
    state: str = ""
    main_pid: int = 0
    amiss: tuple[str, ...] = ()
    names: frozenset[str] = field(default_factory=frozenset)
    environment_files: tuple[str, ...] = ()
    lingers: bool | None = None
    linger_advice: str = ""


class ServiceManager(ABC):
    """One of them, as pure functions.

    Attributes:
        name: for people.
        platform: of `sys.platform`.
        marker: a path that is there when it runs; empty when it always does.
    """

    name: str
    platform: str
    marker: str = ""

    @abstractmethod
    def files(self, unit: Unit, contents: Contents) -> tuple[WriteFile, ...]:
        """What it reads."""

    @abstractmethod
    def marks(self, unit: Unit) -> tuple[str, ...]:
        """Paths that are all there exactly when the unit is installed and enabled."""

    def boot_marks(self, unit: Unit) -> tuple[str, ...]:
        """Paths that must be there in addition for it to be started at boot."""
        return ()

    @abstractmethod
    def register(self, unit: Unit) -> tuple[Act, ...]:
        """After the files were written: have it read them, and start the unit at boot."""

    @abstractmethod
    def start(self, unit: Unit) -> tuple[Act, ...]:
        """Start it now."""

    @abstractmethod
    def restart(self, unit: Unit) -> tuple[Act, ...]:
        """Start its main process anew; services run on."""

    @abstractmethod
    def stop(self, unit: Unit) -> tuple[Act, ...]:
        """Stop it now."""

    @abstractmethod
    def unregister(self, unit: Unit) -> tuple[Act, ...]:
        """Before the files are removed."""

    def forget(self, unit: Unit) -> tuple[Act, ...]:
        """After they were."""
        return ()

    @abstractmethod
    def questions(self, unit: Unit) -> tuple[tuple[str, ...], ...]:
        """Command lines whose answers `read` wants."""

    @abstractmethod
    def read(self, unit: Unit, answers: Sequence[Answer]) -> Seen:
        """What the answers say."""

    def group(self, unit: Unit) -> str:
        """What stands in `/proc/PID/cgroup` of all that belongs to the unit; empty where there is
        no such thing.
        """
        return ""

    def linger(self, unit: Unit) -> Act | None:
        """Has a user's unit start without the user; None where nothing is to be done."""
        return None

    def unlinger(self, unit: Unit) -> Act | None:
        """Takes that back."""
        return None

    def gather(self, unit: Unit, pids: Sequence[int]) -> Act | None:
        """Makes running processes part of the unit; None where there is no such thing."""
        return None


def unit_name(home: str, usual: str) -> str:
    """`vrooli-STACK` for a home where homes usually lie (the folder `usual`), else with a hash of
    its path, so that two homes never share a unit.
    """
    folder, _, last = home.rstrip("/").rpartition("/")
    word = _FIT.sub("-", last).strip("-.") or "stack"
    if folder == usual.rstrip("/") and word == last:
        return f"vrooli-{word}"
    return f"vrooli-{word}-{hashlib.sha256(home.encode()).hexdigest()[:8]}"
