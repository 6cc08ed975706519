"""What a page may say over its WebSocket, as Socket.IO writes it. Pure.

The libraries below take whatever comes, and answer nonsense with a traceback each: so nothing else
than this gets to them.
"""

import json
import re

MAX_FRAME = 1_000_000
"""Characters; pages refuse to send more, and say so."""

NAMES = frozenset(("event", "ack", "javascript_response", "log", "handshake"))
"""What a page tells: clicks and fields, how far it has read, answers, errors, that it is there."""

_PLAIN = frozenset(("3", "1", "40", "41"))
"""Alive, closed, connect, disconnect."""

_MESSAGE = re.compile(r"42\d{0,9}(?=\[)")


def refusal(frame: str | bytes | None, page: str) -> str:
    """Why a frame is not taken; empty for one that is.

    Args:
        frame: as it came.
        page: the id of the page whose socket it is; nothing is taken in the name of another one.
    """
    if not isinstance(frame, str):
        return "no text"
    if len(frame) > MAX_FRAME:
        return f"longer than {MAX_FRAME} characters"
    if frame in _PLAIN:
        return ""
    start = _MESSAGE.match(frame)
    if start is None:
        return "no message"
    try:
        said = json.loads(frame[start.end() :])
    except (ValueError, RecursionError):
        return "no JSON"
    if not isinstance(said, list) or len(said) != 2 or not isinstance(said[1], dict):
        return "no message"
    if not isinstance(said[0], str) or said[0] not in NAMES:
        return "no message that a page sends"
    return "" if said[1].get("client_id") == page else "in the name of another page"
