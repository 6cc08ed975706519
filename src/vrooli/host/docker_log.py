"""Logs as the Docker Engine sends them. Pure."""

KEPT = 1024 * 1024
"""Bytes of a log that are kept while it is heard, the newest."""

_HEAD = 8
"""Bytes before each piece: one for the stream, three zeros, four for the size (Engine API, "Stream
format" of attach)."""


class End:
    """The end of a log, heard from its beginning in pieces of any size.

    Args:
        terminal: it has one stream, sent as it is; else there are two, in pieces with a head each.
    """

    def __init__(self, *, terminal: bool) -> None:
        self._terminal = terminal
        self._rest = b""
        self._left = 0
        self._kept = bytearray()
        self._cut = False

    def feed(self, data: bytes) -> None:
        """What comes next."""
        if self._terminal:
            self._keep(data)
            return
        data = self._rest + data
        while self._left or len(data) >= _HEAD:
            if self._left == 0:
                self._left = int.from_bytes(data[4:_HEAD], "big")
                data = data[_HEAD:]
            if not data:
                break
            piece = data[: self._left]
            self._keep(piece)
            self._left -= len(piece)
            data = data[len(piece) :]
        self._rest = data

    def lines(self, number: int) -> list[str]:
        """The last lines of what was written, to both streams; what is not whole is left out, but
        for the last one.
        """
        begin = len(self._kept) - KEPT
        data = bytes(self._kept[max(0, begin) :])
        if self._cut or begin > 0:
            data = data.partition(b"\n")[2] or data
        return data.decode("utf-8", "replace").splitlines()[-number:]

    def _keep(self, piece: bytes) -> None:
        self._kept += piece
        if len(self._kept) > 2 * KEPT:  # not each time: it moves all that is kept
            del self._kept[:-KEPT]
            self._cut = True
