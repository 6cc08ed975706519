"""What a way to tell people is. One file each, in `channels/`; loaded by the child process that
sends, never by who has something to tell.
"""

from collections.abc import Callable
from dataclasses import dataclass

from vrooli.notify.message import Message


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try.

    Attributes:
        ok: whether the channel took it.
        text: what was answered, for people; never a secret.
    """

    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Way:
    """A way to tell people.

    Attributes:
        id: the file's name.
        title: what it reaches.
        send: tells the message to the address (a secret); blocks, and never raises for an address
            or a service that refuses.
    """

    id: str
    title: str
    send: Callable[[str, Message], Answer]
