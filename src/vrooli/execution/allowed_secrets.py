"""Secrets that steps may use: whoever writes a routine chooses the reference and whom its value is
sent to, so that it must not be any.
"""

import re
from collections.abc import Collection

from vrooli.core.errors import SecretError
from vrooli.core.ports.secrets import Secrets

_REFERENCE = re.compile(r"env:[A-Z_][A-Z0-9_]{0,99}|file:/[\w./-]{1,200}", re.ASCII)


class AllowedSecrets:
    """Port `Secrets`, for what was allowed by name alone.

    Args:
        secrets: all of them.
        allowed: references, as `env:REPORT_DB`.
    """

    def __init__(self, secrets: Secrets, allowed: Collection[str]) -> None:
        self._secrets, self._allowed = secrets, frozenset(allowed)

    def resolve(self, reference: str) -> str:
        """See the port."""
        if reference not in self._allowed:
            # What is no reference is not repeated: it may be a secret that was written in plain
            # text.
            raise SecretError(
                "no step may use this secret: VROOLI_STEP_SECRETS of the server does not name it",
                where=reference if _REFERENCE.fullmatch(reference) else "",
                next_step="name it there",
            )
        return self._secrets.resolve(reference)

    def create(self, name: str) -> str:
        """None is made for a step."""
        raise SecretError(
            "no step may make a secret",
            where=name,
            next_step="make it beforehand, and name it by `file:PATH` or `env:NAME`",
        )
