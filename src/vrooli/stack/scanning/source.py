"""What a source of the scan is, and what it finds."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import vrooli.stack.scan
from vrooli.core import discover
from vrooli.core.ports.files import Files
from vrooli.core.ports.listeners import Listener
from vrooli.core.ports.programs import Programs
from vrooli.core.ports.streams import Streams

DOCKER = "/run/docker.sock"
"""Where the Docker Engine listens if nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that runs here.

    Attributes:
        name: what it is called there: a container, a unit, a process.
        runtime: of ours that can hold it; `external` for what only listens.
        key: its name for that runtime; empty for `external`.
        listeners: where it takes connections.
        about: in a few words, for the file: never a command line.
    """

    name: str
    runtime: str = "external"
    key: str = ""
    listeners: tuple[Listener, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a source may ask.

    Attributes:
        docker: the socket of the Docker Engine.
        user_units: folder of this user's own units of systemd; empty for root, who has those of the
            system.
    """

    files: Files
    streams: Streams
    programs: Programs
    listeners: Sequence[Listener]
    docker: str = DOCKER
    user_units: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One of them.

    Attributes:
        id: also the name of its file.
        title: what it finds.
        rank: the lower, the more it knows: what one source has found is not found again by the next
            one.
        look: asks, and returns what is there; nothing where there is no such thing on this machine.

    Whatever keeps it from looking is raised as VrooliError, and told; the others go on.
    """

    id: str
    title: str
    rank: int
    look: Callable[[Tools], Awaitable[Sequence[Thing]]]


def sources() -> list[Source]:
    """All of them, those that know most first."""
    package = vrooli.stack.scan
    found = [discover.load(package, name, "SOURCE", Source) for name in discover.names(package)]
    return sorted(found, key=lambda source: source.rank)
