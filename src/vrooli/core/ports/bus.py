"""Port: D-Bus, over which systemd and its kin are asked and told. Values are plain Python: a
variant is what it holds, a structure is a list.
"""

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Typed:
    """A variant to be sent: a value whose type only the sender knows."""

    signature: str
    value: Any


@dataclass(frozen=True, slots=True)
class Call:
    """A method to be called.

    Attributes:
        destination: the name of who owns it.
        path: of the object.
        interface, member: the method.
        signature: types of the arguments, as the D-Bus specification writes them.
        body: the arguments; a variant in them is `Typed`.
    """

    destination: str
    path: str
    interface: str
    member: str
    signature: str = ""
    body: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.interface}.{self.member}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        body: what the method returned.
        error: the name of the error that it returned instead; empty when it did not.
        said: the error in words.
    """

    body: tuple[Any, ...] = ()
    error: str = ""
    said: str = ""

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return not self.error


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that was told to whoever listens."""

    path: str
    interface: str
    member: str
    body: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Which signals to hear.

    Attributes:
        sender: the name of who sends them.
        interface: of the signal.
        path, member: empty for any.
        texts: arguments that must be these texts, by their place.
    """

    sender: str
    interface: str
    path: str = ""
    member: str = ""
    texts: tuple[tuple[int, str], ...] = field(default=())

    def rule(self) -> str:
        """In the words of the D-Bus specification ("Match Rules")."""
        words = {"type": "signal", "sender": self.sender, "interface": self.interface}
        words |= {"path": self.path} if self.path else {}
        words |= {"member": self.member} if self.member else {}
        words |= {f"arg{place}": text for place, text in self.texts}
        return ",".join(f"{name}='{value}'" for name, value in words.items())

    def fits(self, signal: Signal) -> bool:
        """Whether it is one of them. The bus alone knows who owns the name of the sender."""
        return (
            signal.interface == self.interface
            and self.path in ("", signal.path)
            and self.member in ("", signal.member)
            and all(signal.body[place : place + 1] == (text,) for place, text in self.texts)
        )


class Signals(Protocol):
    """What somebody listens to, from the moment on at which the listening began."""

    async def next(self) -> Signal:
        """The next one.

        Raises:
            Unreachable: the bus went away, or so many came that some were lost; listen anew.
        """
        ...

    def pending(self) -> list[Signal]:
        """Those that have come already, without waiting."""
        ...


class Bus(Protocol):
    """One bus. It is connected to when it is first needed, and again after it went away."""

    async def call(self, call: Call) -> Reply:
        """Call a method and wait for its reply.

        Raises:
            Unreachable: there is no such bus, it went away, or nobody there owns the name.
            AccessDenied: we may not.
            DeadlineExceeded: no reply within 10 s.
        """
        ...

    def listen(self, matches: Collection[Match]) -> AbstractAsyncContextManager[Signals]:
        """Hear signals while in the context; raises as `call` does."""
        ...
