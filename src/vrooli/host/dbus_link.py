"""One connection to a D-Bus, by dbus-fast. Whoever imports this has loaded it."""

import asyncio
from contextlib import suppress
from typing import Any

from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.constants import MessageType
from dbus_fast.errors import AuthError, DBusFastError
from dbus_fast.unpack import unpack_variants

from vrooli.core.errors import AccessDenied, Unreachable
from vrooli.core.ports.bus import Call, Reply, Signal, Typed

_ERROR = "org.freedesktop.DBus.Error"
_DENIED = {
    f"{_ERROR}.{name}"
    for name in ("AccessDenied", "AuthFailed", "InteractiveAuthorizationRequired")
}
_ABSENT = {
    f"{_ERROR}.{name}" for name in ("ServiceUnknown", "NameHasNoOwner", "NoReply", "Disconnected")
}


class Link(MessageBus):
    """A connection that can end at any time. What is sent then fails where its reply is waited for;
    the library's own `send` leaves errors behind as well, of which asyncio complains.
    """

    def send(self, msg: Message) -> "asyncio.Future[Any]":  # type: ignore[override] # as theirs
        """Have it sent."""
        sent = asyncio.get_running_loop().create_future()
        sent.add_done_callback(_taken)
        msg.serial = msg.serial or self.next_serial()
        assert self._writer is not None  # since it was connected
        with suppress(OSError):  # whoever waits for a reply is told that the connection has ended
            self._writer.schedule_write(msg, sent)
        return sent


def _taken(sent: "asyncio.Future[Any]") -> None:
    if not sent.cancelled():
        sent.exception()


async def connect(address: str) -> Link:
    """A new connection.

    Raises:
        AccessDenied: the bus refuses us.
        Unreachable: there is none.
    """
    link = Link(bus_address=address)
    try:
        await link.connect()
    except AuthError as error:
        raise AccessDenied(
            f"it refuses us: {error}",
            where=address,
            next_step="run this as the user whose bus it is",
        ) from error
    except (OSError, EOFError, DBusFastError) as error:
        raise gone(error, address) from error
    return link


async def ended(link: Link) -> None:
    """Returns when the connection has ended, however it did."""
    try:
        await link.wait_for_disconnect()  # type: ignore[no-untyped-call] # theirs
    except (OSError, EOFError, DBusFastError):
        return


async def ask(link: Link, call: Call, address: str) -> Reply:
    """Call a method.

    Raises:
        AccessDenied: we may not.
        Unreachable: the bus went away, or nobody there owns the name.
    """
    if not link.connected:
        raise gone(EOFError("the bus went away"), address)
    try:
        answer = await link.call(_message(call))
    except (OSError, EOFError, DBusFastError) as error:
        raise gone(error, address) from error
    if answer is None:
        raise gone(EOFError("the bus went away"), address)
    return _reply(answer, call)


def _message(call: Call) -> Message:
    return Message(
        destination=call.destination,
        path=call.path,
        interface=call.interface,
        member=call.member,
        signature=call.signature,
        body=[_sent(value) for value in call.body],
    )


def _sent(value: Any) -> Any:
    """A value as the library takes it."""
    if isinstance(value, Typed):
        return Variant(value.signature, _sent(value.value))
    return [_sent(item) for item in value] if isinstance(value, list | tuple) else value


def signal(message: Message) -> Signal | None:
    """What was told; None when it is no signal, or one for us alone: what a bus lets anybody send
    to anybody proves nothing.
    """
    if message.message_type is not MessageType.SIGNAL or message.destination:
        return None
    path, interface, member = message.path, message.interface, message.member
    return Signal(path or "", interface or "", member or "", _plain(message.body))


def gone(error: Exception, address: str) -> Unreachable:
    """Why nobody answers there."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return Unreachable(said.lower(), where=address)


def _reply(message: Message, call: Call) -> Reply:
    body, error = _plain(message.body), message.error_name or ""
    if not error:
        return Reply(body)
    said = str(body[0]) if body else error
    if error in _DENIED:
        advice = "let root run it, or allow it by a rule of polkit"
        raise AccessDenied(f"{call}: {said}", where=call.destination, next_step=advice)
    if error in _ABSENT:
        raise Unreachable(said, where=call.destination)
    return Reply(error=error, said=said)


def _plain(body: Any) -> tuple[Any, ...]:
    return tuple(unpack_variants(body))
