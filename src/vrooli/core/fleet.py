"""What the server's list of hosts says about each of them: whether it still posts. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from vrooli.core.status import Status, worst

CHECK = "fleet-hosts"
"""The check whose thresholds hold."""

LATE, SILENT = 120.0, 300.0
"""Seconds without a post from which on a host is late, and silent, where no file says otherwise. A
watchdog posts every 15, and at least every 90 while the server was away."""


RIVAL_FOR = 180.0
"""Seconds for which another stack that came with the token of a host is told of: one that is
refused comes again at least every 90.
"""


class Standing(StrEnum):
    """How a host stands to the server."""

    POSTS = "posts"
    LATE = "late"
    SILENT = "silent"
    AWAITED = "awaited"
    """It was added, and has not posted yet."""
    MISSING = "missing"
    """The same for longer than a host may be silent."""
    UNHEARD = "unheard"
    """It has not posted since the server itself was away, which is not long ago."""
    REVOKED = "revoked"


def standing(host: Mapping[str, Any], late: float = LATE, silent: float = SILENT) -> Standing:
    """That of a host of `GET /api/v1/hosts`."""
    if host["revoked_at"] is not None:
        return Standing.REVOKED
    if host["last_seen"] is None:
        return Standing.MISSING if host["silent"] >= silent else Standing.AWAITED
    if host["silent"] >= silent:
        return Standing.SILENT
    if host["unheard"]:
        return Standing.UNHEARD
    return Standing.LATE if host["silent"] >= late else Standing.POSTS


def rival(host: Mapping[str, Any]) -> str:
    """Who else comes with its token, and what to do; empty when nobody does."""
    found, ago = host.get("rival"), host.get("rival_ago")
    if not found or ago is None or ago >= RIVAL_FOR:
        return ""
    where = "its machine" if found["machine"] == host["machine"] else "another machine"
    return (
        f"stack {found['stack']} of {where} came with its token as well and was refused: each stack"
        " needs one of its own (`vrooli host add NAME`)"
    )


def verdict(host: Mapping[str, Any], stands: Standing) -> Status | None:
    """How it is, as far as that is known: what it said last, or worse; None of one that was
    revoked.
    """
    if stands is Standing.REVOKED:
        return None
    if stands is Standing.SILENT:
        return Status.CRITICAL
    said = Status(host["status"] or Status.UNKNOWN)
    if stands in (Standing.LATE, Standing.MISSING):
        return worst((said, Status.WARNING))
    if stands is Standing.UNHEARD:
        return worst((said, Status.UNKNOWN))
    return said
