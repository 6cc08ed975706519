"""What is done again and again while a page is open."""

from collections.abc import Awaitable, Callable

from nicegui import ui


def every(seconds: float, act: Callable[[], Awaitable[None]], *, at_once: bool = False) -> None:
    """Do it from when the browser is there. A timer that begins before waits for that, and the
    framework then sends the page at once, however little of it is built.

    Args:
        seconds: between two times.
        act: does it, in the page.
        at_once: whether the first time is at the beginning, not after `seconds`.
    """
    client = ui.context.client
    begun: list[ui.timer] = []

    def begin() -> None:
        if not begun:
            begun.append(ui.timer(seconds, act, immediate=at_once))

    if client.has_socket_connection:
        begin()
    else:
        client.on_connect(begin)
