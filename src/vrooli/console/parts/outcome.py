"""Where it is said what came of something, and secrets that are shown once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from dataclasses import field as field_

from vrooli.console.parts.html import Tag
from vrooli.core.errors import VrooliError


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that is shown once.

    Attributes:
        what: it is.
        value: itself.
    """

    what: str
    value: str = field_(repr=False)


class Outcome:
    """Where it is said what came of something; read out by screen readers."""

    def __init__(self) -> None:
        self._around = Tag("div", "", "outcome", aria_live="polite")

    async def of(self, act: Callable[[], Awaitable[str | Secret]]) -> None:
        """Do it; say what it says, or why it did not work."""
        said: str | Secret
        try:
            said, kind = await act(), "done"
        except VrooliError as error:
            where = f"{error.where}: " if error.where else ""
            next_step = f" Next: {error.next_step}" if error.next_step else ""
            said, kind = f"{where}{error.what}.{next_step}", "failed"
        if self._around.is_deleted:  # the page was closed meanwhile
            return
        self._around.clear()
        with self._around:
            if isinstance(said, Secret):
                _secret(said)
            else:
                Tag("p", said, kind)


def _secret(said: Secret) -> None:
    with Tag("div", "", "banner warning"):
        Tag("p", f"{said.what} It is shown this once:")
        Tag("code", said.value, "secret")
        Tag("button", "Copy", "", type="button", data_copy=said.value)
