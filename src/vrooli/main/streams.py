"""Standard output of a command: closed, full, or with a reader who has gone."""

import io
import os
import signal
import sys
from typing import TextIO

from vrooli.core.errors import StorageError

_LAST_STANDARD = 2
"""Standard input, output and error are 0, 1 and 2."""


class OutputError(StorageError):
    """What was asked for could not be written."""


class _Output(io.TextIOWrapper):
    """Standard output whose failure is told apart from that of any other file."""

    def write(self, text: str) -> int:
        """See the base; a reader who has gone (`vrooli logs | head`) ends the command, as it would
        end any other.

        Raises:
            OutputError: the disk is full, the stream is closed.
        """
        try:
            return super().write(text)
        except OSError as error:
            raise _ended(error) from None

    def flush(self) -> None:
        """See `write`."""
        try:
            super().flush()
        except OSError as error:
            raise _ended(error) from None


def prepare_streams() -> None:
    """Have standard streams, whatever the caller closed, and failures of the output as errors."""
    _fill_gaps()
    out: TextIO = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 -- until the end
    if isinstance(out, io.TextIOWrapper):
        encoding, errors, immediate = out.encoding, out.errors, out.write_through
        buffering = out.line_buffering
        sys.stdout = _Output(
            out.detach(),
            encoding=encoding,
            errors=errors,
            line_buffering=buffering,
            write_through=immediate,
        )
        # The one that was taken apart, which whoever wants to know the width of the terminal asks.
        sys.__stdout__ = sys.stdout  # type: ignore[misc]  # said to be final
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 -- until the end


def drop_output() -> None:
    """What Python still holds for standard output must not fail once more at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _fill_gaps() -> None:
    """Take the places of streams that are closed (`>&-`): what is opened next would become one of
    them. Writing there fails as before.
    """
    while (free := os.open(os.devnull, os.O_RDONLY)) <= _LAST_STANDARD:
        os.set_inheritable(free, True)
    os.close(free)


def _ended(error: OSError) -> Exception | SystemExit:
    if isinstance(error, BrokenPipeError):
        drop_output()
        return SystemExit(128 + signal.SIGPIPE)
    return OutputError(
        f"standard output cannot be written: {error.strerror}",
        next_step="free space where it goes, or send it elsewhere",
    )
