"""Sending by a child process: the address and the message go in, one answer comes out."""

import json
from dataclasses import dataclass
from typing import Protocol

from vrooli.core.errors import ProtocolError, VrooliError
from vrooli.core.ports.children import Children, Ended
from vrooli.core.ports.secrets import Secrets
from vrooli.notify.channel import Answer
from vrooli.notify.message import Message, cut
from vrooli.notify.settings import Channel

DEADLINE = 30.0
"""Seconds of one try: a cold start of Python on a busy machine, and a service that is slow."""

MAX_ANSWER = 500
"""Characters of an answer that are kept."""

WAY = "apprise"


class Sender(Protocol):
    """Tells a channel a message."""

    async def send(self, channel: Channel, message: Message) -> Answer:
        """One try. Never raises: whatever goes wrong is the answer."""
        ...


@dataclass(frozen=True)
class ChildSender:
    """See Sender.

    Attributes:
        children: starts the process.
        module: that sends.
        secrets: knows the addresses.
        deadline: seconds of one try.
    """

    children: Children
    module: str
    secrets: Secrets
    deadline: float = DEADLINE

    async def send(self, channel: Channel, message: Message) -> Answer:
        """See Sender."""
        try:
            url = self._address(channel)
            asked = {
                "way": WAY,
                "url": url,
                "message": message.to_json(),
                "seconds": self.deadline,
            }
            given = json.dumps(asked).encode()
            return _read(await self.children.run(self.module, given, self.deadline))
        except VrooliError as error:
            place = f"{error.where}: " if error.where else ""
            return Answer(False, f"{place}{error.what}")

    def _address(self, channel: Channel) -> str:
        return self.secrets.resolve(channel.url) if channel.is_reference else channel.url


def _read(ended: Ended) -> Answer:
    try:
        data = json.loads(ended.output)
        return Answer(bool(data["ok"]), cut(str(data["text"]), MAX_ANSWER))
    except (ValueError, KeyError, TypeError) as error:
        # Its standard error is not repeated: a traceback may show the address.
        raise ProtocolError(f"the sender gave no answer (exit code {ended.code})") from error
