"""What fails with one word for a machine, and what a journal says of it."""

from vrooli.core.errors import VrooliError
from vrooli.flow.entries import Failure


class Failed(VrooliError):
    """Something failed.

    Args:
        kind: one word for a machine, like `http-status`.
        what: one sentence for a person.
        where: address, key or file; may be empty.
        retryable: whether the same again may succeed.
    """

    def __init__(self, kind: str, what: str, *, where: str = "", retryable: bool = False) -> None:
        super().__init__(what, where=where, retryable=retryable)
        self.kind = kind


def failure_of(error: VrooliError) -> Failure:
    """As it is written down."""
    if isinstance(error, Failed):
        kind = error.kind
    else:
        kind = "unreachable" if error.retryable else "failed"
    return Failure(kind, error.what, error.where, error.retryable)
