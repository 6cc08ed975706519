"""The answer where there is nothing: plain, and nothing is kept for whoever asks. NiceGUI would
build a page for each, and keep it for a minute.
"""

from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

_PAGE = (Path(__file__).parent / "static" / "missing.html").read_text(encoding="utf-8")


async def missing(request: Request, _: Exception) -> Response:
    """404, as a page for browsers, which leads back."""
    path = request.scope["path"]
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse("there is nothing here\n", 404)
    return HTMLResponse(_PAGE.replace("{path}", escape(path)), 404, {"Cache-Control": "no-store"})
