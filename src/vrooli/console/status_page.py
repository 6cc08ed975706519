"""`/status` and `/badge/NAME.svg`: for everybody where the settings say so.

Plain answers, without a session, a socket or anything else that is kept for whoever asks: however
many do, the watchdog is asked once, and nothing grows.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from vrooli.console.acting import Ways
from vrooli.console.badge import badge, badge_of
from vrooli.console.bystander import Bystander
from vrooli.console.feed import Feed, Reader
from vrooli.console.gate import SIGNED_IN
from vrooli.console.parts.bars import letters
from vrooli.console.parts.numbers import percent
from vrooli.console.past import QUARTER, QUARTER_EVERY
from vrooli.console.public import Public, Told, Trouble, told

FRESH = 15.0
"""Seconds up to which what is known is good enough for an answer."""

PATIENCE = 2.0
"""Seconds that an answer waits for something newer."""

_PAGE = (Path(__file__).parent / "static" / "status.html").read_text(encoding="utf-8")
_CACHED = "max-age=15"
_HEIGHTS = {"o": ("ok", 3.0), "w": ("warning", 1.5), "c": ("critical", 0.0), "-": ("unknown", 3.0)}


class StatusPage:
    """The routes.

    Args:
        ways: to the watchdog, and the settings.
        feed: what it says.
    """

    def __init__(self, ways: Ways, feed: Feed) -> None:
        self._ways, self._feed = ways, feed

    async def show(self, request: Request) -> Response:
        """GET `/status`."""
        async with self._looking(request):
            found = self._told()
        return _cached(request, page(found).encode(), "text/html; charset=utf-8")

    async def badge(self, request: Request) -> Response:
        """GET `/badge/{name}.svg`, of a service or of the `stack`."""
        async with self._looking(request):
            found = self._told()
        name = request.path_params["name"]
        said = badge_of(name, found)
        if said is None:
            body = badge("badge", "unknown", "no such service")
            return Response(body, 404, media_type="image/svg+xml")
        return _cached(request, badge(*said), "image/svg+xml")

    def _told(self) -> Told:
        past = self._feed.past
        return told(self._feed.health, past.quarter, past.read.get(QUARTER, 0.0))

    @asynccontextmanager
    async def _looking(self, request: Request) -> AsyncIterator[None]:
        leave = self._feed.join(self._reader(request))
        try:
            await self._feed.known(FRESH, PATIENCE, QUARTER, due_too=True)
            yield
        finally:
            leave()

    def _reader(self, request: Request) -> Reader:
        signed_in = getattr(request.state, SIGNED_IN, None)
        if signed_in is not None:
            return self._ways.acting(signed_in.id)
        return Bystander(self._ways.settings, self._ways.queues)


def page(found: Told) -> str:
    """The page. Whatever is put into it is escaped."""
    unknown = found.level == "unknown"
    troubles = "".join(_trouble(one) for one in found.troubles)
    filled = {
        "level": found.level,
        "headline": escape(found.headline),
        "at": _as_of(found),
        "troubles": troubles or f"<li>{'Not known' if unknown else 'Nothing'}.</li>",
        "services": "".join(_service(one) for one in found.services) or "<li>None.</li>",
    }
    text = _PAGE
    for name, value in filled.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return text


def _as_of(found: Told) -> str:
    """When it was so; and the percentages, where they are from long before."""
    if not found.at:
        return ""
    said = f"{'Last known' if found.level == 'unknown' else 'As of'} {_time(found.at)}."
    if 0.0 < found.counted < found.at - 2 * QUARTER_EVERY:
        said += f" Percentages as of {_time(found.counted)}."
    return said


def _trouble(one: Trouble) -> str:
    since = f" Since {_time(one.since)}." if one.since else ""
    return f"<li><strong>{escape(one.name)}</strong>: {escape(one.what)}{since}</li>"


def _service(one: Public) -> str:
    said = f"{one.name}: {percent(one.quarter.percent)} of 90 days, a bar a day"
    return (
        f'<li class="card {one.level}"><div class="head"><strong>{escape(one.name)}</strong>'
        f'<span class="state {one.level}">{one.word}</span></div>'
        f'<div class="uptime"><span class="soft">90 d</span>'
        f'<svg class="drawn" role="img" aria-label="{escape(said, quote=True)}"'
        f' viewBox="0 0 {max(1, len(one.quarter.parts)) * 4} 10" preserveAspectRatio="none">'
        f"{''.join(_bars(letters(one.quarter.parts)))}</svg>"
        f'<span class="percent">{percent(one.quarter.percent)}</span></div></li>'
    )


def _bars(parts: str) -> Iterable[str]:
    """A path a colour; what was bad is taller as well."""
    for letter, (name, top) in _HEIGHTS.items():
        each = (f"M{at * 4} {top}h3v{10 - top}h-3z" for at, it in enumerate(parts) if it == letter)
        if path := "".join(each):
            yield f'<path class="{name}" d="{path}"/>'


def _time(at: float) -> str:
    """In UTC; the browser says it in its own zone."""
    words = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f'<vrooli-time at="{at:.0f}" mode="at">{words}</vrooli-time>'


def _cached(request: Request, body: bytes, media_type: str) -> Response:
    """For some seconds in caches; nothing is sent twice to who has it."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": _CACHED,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if media_type.startswith("text/html"):
        del headers["Cross-Origin-Resource-Policy"]
        return HTMLResponse(body, headers=headers)
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
