"""What a scenario of the selftest is, and what it may do to the stack that is made for it."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import vrooli.autoheal.selftest.scenarios
from vrooli.core import discover


class Surroundings(Protocol):
    """What a scenario changes around its stack, so that nobody else sees it. The first word of each
    pair comes before `up`; where this machine cannot have it, the scenario ends, untried.
    """

    def small_disk(self, mib: int) -> None:
        """The home lies on a disk of so many MiB."""
        ...

    def fill_disk(self, full: bool = True) -> None:
        """Take all the room on it, or give it back."""
        ...

    def name_server(self, name: str) -> None:
        """Names are asked at a server of the scenario's own, which knows this one."""
        ...

    def silence_names(self, silent: bool = True) -> None:
        """It takes questions and never answers, or answers again."""
        ...

    def own_clock(self) -> None:
        """Keeper and watchdog have a wall clock of their own."""
        ...

    def set_clock(self, offset: float) -> None:
        """Put it so many seconds off the machine's."""
        ...


class Lab(Protocol):
    """A stack of its own, in a home of its own, with the real keeper and watchdog, and somebody who
    is told. Everything that waits has a generous deadline and fails the scenario with the story so
    far.
    """

    @property
    def folder(self) -> Path:
        """Where the services run; their switches are files in it."""
        ...

    @property
    def machine(self) -> Surroundings:
        """What lies around the stack."""
        ...

    def service(self, name: str, *habits: str, **keys: Any) -> None:
        """Declare a victim that answers HTTP; `habits` are its options, `keys` those of
        `[scenarios.NAME]`.
        """
        ...

    def database(self, **keys: Any) -> None:
        """Declare `postgres`, with these keys, and `server`, which copies the history."""
        ...

    def check(self, name: str, **keys: Any) -> None:
        """Declare `[checks.NAME]`."""
        ...

    def settings(self, **keys: Any) -> None:
        """Declare keys of `[autoheal]`."""
        ...

    def up(self, *, fails: bool = False) -> None:
        """Bring the stack up as declared so far, also after an edit; it must go well, or fail."""
        ...

    def operate(self, action: str, *names: str) -> None:
        """`start`, `stop` or `restart` by the operator."""
        ...

    def switch(self, name: str, on: bool = True) -> None:
        """Make or remove a file that a victim looks at."""
        ...

    def afflict(self, name: str, victim: str) -> None:
        """The same for the process that runs now alone: the next one is sound."""
        ...

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Signal a service, `autoheal` or `keeper`; its pid."""
        ...

    def pid(self, name: str) -> int:
        """Of what runs."""
        ...

    def starts(self, name: str) -> int:
        """How often a victim was started."""
        ...

    def port(self, name: str) -> int:
        """Of a service."""
        ...

    def url(self, name: str) -> str:
        """Where a service answers."""
        ...

    def log(self, name: str) -> Path:
        """Where a service writes."""
        ...

    @property
    def spool(self) -> Path:
        """The watchdog's history."""
        ...

    def left(self, name: str) -> list[int]:
        """Children of a victim that still run, also of an earlier start."""
        ...

    def hide_program(self, *, back: bool = False) -> None:
        """Take the victims' program away, or put it back."""
        ...

    def spoil(self) -> None:
        """Make the stack file say nonsense, at the next `up`."""
        ...

    def decided(self, rule: str) -> bool:
        """Whether the policy has decided by this rule."""
        ...

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The watchdog's API."""
        ...

    def state(self, name: str) -> dict[str, Any]:
        """A service as `vrooli status` shows it; empty while nobody answers."""
        ...

    def result(self, check: str) -> dict[str, Any]:
        """The latest result of a check; empty while there is none."""
        ...

    def looked_at(self, service: str) -> float:
        """When a service was looked at last, Unix seconds by the watchdog's clock; 0 while nobody
        answers.
        """
        ...

    def unshipped(self) -> int:
        """Records that the copy of the history does not have yet; 0 while nobody answers."""
        ...

    def heals(self, subject: str) -> list[dict[str, Any]]:
        """Oldest first."""
        ...

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for it."""
        ...

    def paged(self, subject: str) -> None:
        """Wait until people are paged about it."""
        ...

    def healed(self, name: str, times: int = 1) -> dict[str, Any]:
        """Wait until so many heals of `name` ended well and the whole stack is well; the last."""
        ...

    def quiet(self, seconds: float, condition: Callable[[], object], what: str) -> None:
        """It must hold for all that time."""
        ...

    def expect(self, condition: object, what: str) -> None:
        """It must be so now."""
        ...


@dataclass(frozen=True, slots=True)
class Scenario:
    """One fault and what must come of it.

    Attributes:
        id: the file's name with dashes.
        fault: what is done, for people.
        promise: what must come of it, for people.
        run: does it; raises what the lab raises.
        pages: whom people are paged about, once each, and nobody else. What is healed pages nobody.
        lasting: those of them that are still wrong at the end; of the others the end is told, once.
    """

    id: str
    fault: str
    promise: str
    run: Callable[[Lab], None]
    pages: tuple[str, ...] = ()
    lasting: tuple[str, ...] = ()


def scenario_names() -> list[str]:
    """All of them."""
    package = vrooli.autoheal.selftest.scenarios
    return [name.replace("_", "-") for name in discover.names(package)]


def scenario(name: str) -> Scenario:
    """The one called `name`."""
    package = vrooli.autoheal.selftest.scenarios
    return discover.load(package, name.replace("-", "_"), "SCENARIO", Scenario)


def described(chosen: Scenario) -> dict[str, Any]:
    """`{id, fault, promise, pages}`."""
    told = {"id": chosen.id, "fault": chosen.fault, "promise": chosen.promise}
    return {**told, "pages": list(chosen.pages)}
