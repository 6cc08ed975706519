"""Bringing up a stack that is made anew, as commands do it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vrooli.core.errors import StartFailed
from vrooli.core.home import Home
from vrooli.stack.model import Stack
from vrooli.stack.progress import measured
from vrooli.stack.upgrading import Wish

Told = Callable[[str], None]


class Bringing:
    """Brings stacks up, as `main.kit` does; every method ends when it is done.

    Args:
        load: what a stack file says; the built-in stack without one.
        start: of a stack file, a home and names; its progress.
        wish: of a home, a name and a wish; its progress.
    """

    def __init__(
        self,
        load: Callable[[Path | None], Stack],
        start: Callable[[Path | None, Home, tuple[str, ...]], Iterator[Mapping[str, Any]]],
        wish: Callable[[Home, str, Wish], Iterator[Mapping[str, Any]]],
    ) -> None:
        self.load, self._start, self._wish = load, start, wish

    def __call__(self, home: Home, file: Path | None, names: tuple[str, ...], told: Told) -> None:
        """Bring it up; raises StartFailed."""
        _followed(self._start(file, home, names), told)

    def upgrade(self, home: Home, name: str, wish: Wish, told: Told) -> str:
        """Have it done; what it came to, for people. Raises StartFailed."""
        return _followed(self._wish(home, name, wish), told)


def _followed(progress: Iterator[Mapping[str, Any]], told: Told) -> str:
    last: Mapping[str, Any] = {}
    for last in progress:
        if not last.get("done") and last.get("phase") not in ("unchanged", None):
            told(measured(last) or f"{last['service']}: {last.get('message') or last['phase']}")
    if last.get("ok"):
        return str(last.get("note") or "")
    error = last.get("error") or {}
    failed = ", ".join(last.get("failed", ()))
    raise StartFailed(
        error.get("message") or f"not all came up: {failed}",
        where=error.get("where") or failed,
        next_step=error.get("next_step") or "`vrooli logs NAME` shows more",
    )
