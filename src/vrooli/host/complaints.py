"""The end of what a program says, without the secrets that it was given. Pure."""

import re
from collections.abc import Collection

MASK = b"***"


class Complaints:
    """Masked before they are cut: of a secret in two parts, neither would be known as one.

    Args:
        secrets: what is taken out.
        kept: bytes of the end.
    """

    def __init__(self, secrets: Collection[str], kept: int) -> None:
        known = sorted({one.encode() for one in secrets if one}, key=len, reverse=True)
        self._secret = re.compile(b"|".join(map(re.escape, known)) or rb"(?!)")
        self._longest = len(known[0]) if known else 1
        self._kept = kept
        self._said = bytearray()
        self._open = b""  # a secret may begin in it, of which the rest is still to come

    def add(self, chunk: bytes) -> None:
        """It says more."""
        self._open += chunk
        self._settle(len(self._open) - self._longest + 1)

    def text(self) -> str:
        """All that is kept of it; what begins like a secret is shown when it has ended so."""
        said = self._said + self._secret.sub(MASK, self._open)
        return said[-self._kept :].decode(errors="replace").strip()

    def _settle(self, sure: int) -> None:
        """Whatever begins before `sure` is a secret now, or never."""
        done = 0
        for found in self._secret.finditer(self._open):
            if found.start() >= sure:
                break
            self._said += self._open[done : found.start()] + MASK
            done = found.end()
        end = max(done, sure)
        self._said += self._open[done:end]
        self._open = self._open[end:]
        del self._said[: -self._kept]
