"""Port `Outputs`: children of our own, whose pipe is as wide as the kernel makes it; and unix
sockets.
"""

import fcntl
import os
import select
import socket
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from vrooli.core.errors import StartFailed, Unreachable
from vrooli.core.ports.outputs import OutputProgram

_PIPE = 1024 * 1024
"""Bytes: what anybody may ask for, by /proc/sys/fs/pipe-max-size."""

_COMPLAINTS = 4000
"""Characters of standard error that are told."""

_GRACE = 10.0
"""Seconds for a program whose output has ended."""


class LocalOutputs:
    """Runs programs; one that outlives us ends at its next write, to a pipe without a reader."""

    def open(self, program: OutputProgram) -> "LocalOutput":
        """See the port."""
        complaints = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by whoever reads the output
        try:
            child = subprocess.Popen(
                list(program.argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                bufsize=0,
                env=dict(program.env),
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            complaints.close()
            raise StartFailed(
                f"could not {program.title}: {error.strerror}",
                where=program.argv[0],
                next_step="check that the program is installed, and may be run",
            ) from error
        return LocalOutput(program, child, complaints)

    def connect(self, path: str, stall: float) -> "LocalConnection":
        """See the port."""
        connection = LocalConnection(path, stall)
        try:
            connection.open()
        except BaseException:
            connection.end()
            raise
        return connection


class LocalOutput:
    """See the port."""

    def __init__(
        self, program: OutputProgram, child: subprocess.Popen[bytes], complaints: IO[bytes]
    ) -> None:
        assert child.stdout is not None
        self._program, self._child, self._complaints = program, child, complaints
        self._pipe = child.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)
        with suppress(OSError):  # it stays as it is, which is slower
            fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, _PIPE)

    def readinto(self, buffer: memoryview) -> int:
        """See the port."""
        self._await_bytes()
        return os.readv(self._pipe, [buffer])

    def _await_bytes(self) -> None:
        """Bytes, or the end: whoever is at the other end of its connection may hang."""
        stall = self._program.stall
        if stall and not self._poll.poll(stall * 1000):
            self._child.kill()
            raise StartFailed(
                f"could not {self._program.title}: not a byte came for {stall:g} s",
                where=os.path.basename(self._program.argv[0]),
                next_step="look whether what it copies from hangs, then again",
            )

    def finish(self) -> None:
        """See the port."""
        try:
            code = self._child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            code = self._child.wait()
        said = self._said()
        self._close()
        if code != 0:
            ended = f"ended with {code}" if code > 0 else f"was killed by signal {-code}"
            raise StartFailed(
                f"could not {self._program.title}: it {ended}{said}",
                where=os.path.basename(self._program.argv[0]),
                next_step="mend what it names, then again",
            )

    def kill(self) -> None:
        """See the port. Whoever reads comes to the end of the pipe."""
        self._child.kill()

    def end(self) -> None:
        """See the port."""
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        self._close()

    def _said(self) -> str:
        self._complaints.seek(0, os.SEEK_END)
        self._complaints.seek(max(0, self._complaints.tell() - _COMPLAINTS))
        text = self._complaints.read().decode("utf-8", "replace")
        return "".join(f"\n  | {line}" for line in text.splitlines()[-10:] if line.strip())

    def _close(self) -> None:
        if self._child.stdout is not None:
            self._child.stdout.close()
        self._complaints.close()


class LocalConnection:
    """See the port. The kernel keeps the time: one call for each read, not two."""

    def __init__(self, path: str, stall: float) -> None:
        self._path, self._stall = path, stall
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def open(self) -> None:
        """Connect; raises as the port."""
        patience = struct.pack("@ll", int(self._stall), int(self._stall % 1 * 1e6))
        for side in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, side, patience)
        with self._told():
            self._socket.connect(self._path)

    def readinto(self, buffer: memoryview) -> int:
        """See the port."""
        with self._told():
            return self._socket.recv_into(buffer)

    def write(self, data: bytes) -> None:
        """See the port."""
        with self._told():
            self._socket.sendall(data)

    def kill(self) -> None:
        """See the port."""
        with suppress(OSError):  # it has ended
            self._socket.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """See the port."""
        self._socket.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except BlockingIOError as error:
            raise StartFailed(
                f"not a byte came for {self._stall:g} s",
                where=self._path,
                next_step="look whether the server hangs, then again",
            ) from error
        except OSError as error:
            raise Unreachable(
                f"the connection broke: {(error.strerror or str(error)).lower()}", where=self._path
            ) from error
