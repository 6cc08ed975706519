"""Port `Programs`: child processes of our own, for what is over in a moment."""

import os
import subprocess
from collections.abc import Mapping, Sequence

from vrooli.core.errors import DeadlineExceeded, Unreachable
from vrooli.core.ports.programs import Answer

_PLACES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Searched in addition: cron and `su` know little of them."""


class LocalPrograms:
    """Runs them.

    Args:
        environment: what they find; none of our secrets should be in it.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        path = environment.get("PATH", "")
        self._path = os.pathsep.join([*filter(None, [path]), *_PLACES])
        self._environment = {**environment, "PATH": self._path, "LC_ALL": "C"}

    def run(self, argv: Sequence[str], timeout: float = 30.0) -> Answer:
        """See the port."""
        try:
            ended = subprocess.run(
                list(argv),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
                check=False,
                env=self._environment,
                cwd="/",
            )
        except subprocess.TimeoutExpired as error:
            what = f"did not end within {timeout:g} s"
            raise DeadlineExceeded(what, where=" ".join(argv[:3])) from error
        except OSError as error:
            raise Unreachable(f"cannot be run: {error.strerror}", where=argv[0]) from error
        return Answer(ended.returncode, _text(ended.stdout), _text(ended.stderr))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
