"""The one exception tree.

Every error that a person may see says what happened, where, and what to do next; `retryable` tells
a loop whether trying again can help. Foreign errors are translated into these at the seam
(`vrooli.host`, drivers), never deeper inside.
"""

EXIT_OK = 0
EXIT_FAILURE = 1
EXIT_USAGE = 2


class VrooliError(Exception):
    """Something failed that we can name.

    Args:
        what: what happened, one sentence without a final full stop.
        where: file, line, key, service or address; empty when there is none.
        next_step: what the reader can do about it; empty when there is nothing.
        retryable: whether the same call may succeed later without anybody changing anything.
    """

    exit_code = EXIT_FAILURE

    def __init__(
        self, what: str, *, where: str = "", next_step: str = "", retryable: bool = False
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step
        self.retryable = retryable

    def said_of(self, name: str) -> str:
        """What happened, with the place where it is not `name` itself: for lines that begin with
        it.
        """
        return f"{self.where}: {self.what}" if self.where not in ("", name) else self.what

    @property
    def in_a_line(self) -> str:
        """What happened, and what to do: for lines that name the place themselves."""
        return f"{self.what} (next: {self.next_step})" if self.next_step else self.what

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  next: {self.next_step}" if self.next_step else ""
        return f"{place}{self.what}{advice}"


class Advised(VrooliError):
    """One after which its reader can do something. What that is must be said, so that nobody who
    raises it forgets the reader; see the base for the rest.
    """

    def __init__(
        self, what: str, *, next_step: str, where: str = "", retryable: bool = False
    ) -> None:
        super().__init__(what, where=where, next_step=next_step, retryable=retryable)


class UsageError(Advised):
    """The caller's words were wrong: arguments, names, configuration. Exit code 2."""

    exit_code = EXIT_USAGE


class UnknownName(UsageError):
    """What was named is not there: no such service, check, job, window."""

    def __init__(self, what: str, name: str, *, next_step: str) -> None:
        super().__init__(what, next_step=next_step)
        self.name = name


class ConfigError(UsageError):
    """`vrooli.toml` (or the compiled `stack.json`) says something that cannot be."""


class SecretError(UsageError):
    """A secret reference could not be resolved. The text names the reference, never a value."""


class UnsetVariable(SecretError):
    """The variable behind `env:NAME` is not set here, which says nothing about its value."""


class Unreachable(VrooliError):
    """Nobody answered at an address: refused, no route, no such socket, no connection in time."""

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(what, where=where, next_step=next_step, retryable=True)


class NobodyListens(Unreachable):
    """The machine at an address answered that nobody listens there: it was reached."""


class Unresolved(Unreachable):
    """The host name of an address cannot be resolved: nothing was asked of anybody there."""

    def __init__(self, what: str, name: str, *, where: str = "") -> None:
        super().__init__(what, where=where or name)
        self.name = name


class CutOff(Unreachable):
    """A peer went away in the middle of its answer: how far it got is not known."""


class DeadlineExceeded(VrooliError):
    """A peer took longer than it was given."""

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(what, where=where, next_step=next_step, retryable=True)


class ProtocolError(VrooliError):
    """A peer answered something that its protocol does not allow."""


class TooLarge(VrooliError):
    """What comes is larger than it may be; it is read no further."""


class AccessDenied(Advised):
    """A peer or the operating system refused us: password, token, permission."""


class StorageError(Advised):
    """A disk could not take or give what was asked: full, read-only, unreadable."""


class NoRoom(StorageError):
    """There is not enough room where something was to be kept: elsewhere there may be."""


class NotStored(VrooliError):
    """A store has nothing of this name."""


class Damaged(Advised):
    """What is stored is not what was written: a flipped bit, a missing piece, another key."""


class StartFailed(Advised):
    """A service could not be started or did not become healthy in time."""


class Refused(Advised):
    """We decided not to act, with the reason: a restart would not help or is not allowed."""


class NotOurs(Refused):
    """What is there belongs to somebody else, who may be at work there."""


class Busy(Advised):
    """Somebody else holds what is needed: another `up`, watchdog or operation."""

    def __init__(self, what: str, *, next_step: str, where: str = "") -> None:
        super().__init__(what, where=where, next_step=next_step, retryable=True)
