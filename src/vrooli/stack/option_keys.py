"""Keys that only one check or kind knows: what it finds wrong with a value is said of its key."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vrooli.core.errors import ConfigError
from vrooli.stack.durations import parse_ago
from vrooli.stack.plaintext import reference_problem
from vrooli.stack.references import is_reference


class WrongKey(ConfigError):
    """The value of one key is wrong.

    Attributes:
        key: which.
    """

    def __init__(self, key: str, what: str) -> None:
        super().__init__(what, where=key, next_step=f"correct `{key}`")
        self.key = key


@contextmanager
def reading(key: str) -> Iterator[None]:
    """What is found wrong inside is wrong with that key."""
    try:
        yield
    except ConfigError as error:
        raise WrongKey(key, error.what) from error
    except ValueError as error:
        raise WrongKey(key, str(error)) from error


def secret_or(key: str, text: str, read: Callable[[str], object]) -> None:
    """Refuse what is neither a reference to a secret nor anything that `read` takes."""
    with reading(key):
        problem = reference_problem(text)
        if problem or text.startswith("resource:"):
            raise ValueError(problem or "expected `env:NAME` or `file:PATH`")
        if not is_reference(text):
            read(text)


def length(key: str, text: str) -> None:
    """Refuse what is no length of time."""
    with reading(key):
        parse_ago(text)


def expression(key: str, text: str) -> None:
    """Refuse what is no regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        raise WrongKey(key, f"not a regular expression: {error}") from error
