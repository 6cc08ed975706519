"""Logs as the Docker Engine sends them. Pure."""

_HEAD = 8
"""Bytes before each piece: one for the stream, three zeros, four for the size (Engine API, "Stream
format" of attach)."""


def text(data: bytes, *, terminal: bool) -> str:
    """What was written to both streams. A terminal has one, sent as it is.

    A piece that was cut off, because the answer was too long, is taken as far as it goes.
    """
    pieces, rest = ([data], b"") if terminal else ([], data)
    while len(rest) > _HEAD:
        size = int.from_bytes(rest[4:_HEAD], "big")
        pieces.append(rest[_HEAD : _HEAD + size])
        rest = rest[_HEAD + size :]
    return b"".join(pieces).decode("utf-8", "replace")
