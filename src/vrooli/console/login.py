"""Signing in and out: plain forms, which work without any script."""

import asyncio
import time
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from vrooli.client.accounts import AccountsClient
from vrooli.client.api import NOBODY
from vrooli.console.acting import Ways, account_of
from vrooli.console.gate import COOKIE, SIGNED_IN
from vrooli.console.sessions import SECONDS
from vrooli.core.errors import AccessDenied, VrooliError
from vrooli.core.passes import FOR_CONSOLE, Passes

LINK_SECONDS = 600
"""A link that signs somebody in is good for so long, and once."""

MAX_FORM = 16 * 1024
_PAGE = (Path(__file__).parent / "static" / "login.html").read_text(encoding="utf-8")
_STALE = "This link was used before, or is too old. `vrooli console link` prints a new one."


class Login:
    """The routes `/login` and `/logout`.

    Args:
        ways: to the server, and who is signed in.
    """

    def __init__(self, ways: Ways) -> None:
        self._ways = ways

    async def show(self, request: Request) -> Response:
        """GET: the form; with `?link=` whoever has one is signed in at once."""
        link = request.query_params.get("link")
        if link is not None:
            return self._by_link(request, link)
        if getattr(request.state, SIGNED_IN, None) is not None:
            return RedirectResponse(_wanted(request), 303)
        return self._form(request)

    async def take(self, request: Request) -> Response:
        """POST: address and password of an account of the server."""
        form = await _form_of(request)
        email, password = form.get("email", ""), form.get("password", "")
        try:
            pair = await self._pair(email, password)
        except AccessDenied:
            return self._form(request, "The address or the password is not right.", 401)
        except VrooliError as error:
            return self._form(request, f"The server does not answer: {error.what}.", 503)
        person, account = account_of(pair, time.time())
        return self._signed_in(request, self._ways.sessions.begin(person, account))

    async def leave(self, request: Request) -> Response:
        """POST: sign out."""
        signed_in = getattr(request.state, SIGNED_IN, None)
        if signed_in is not None:
            self._ways.sessions.end(signed_in.id)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    async def _pair(self, email: str, password: str) -> dict[str, object]:
        client = AccountsClient(self._ways.server(), NOBODY)
        return await asyncio.to_thread(client.log_in, email, password)

    def _by_link(self, request: Request, link: str) -> Response:
        now = time.time()
        passes = Passes(self._ways.settings.console_key, FOR_CONSOLE)
        person, claims = passes.person(link, now), passes.claims(link, now) or {}
        if person is None or not self._ways.sessions.take_link(
            str(claims.get("jti")), float(claims.get("exp", now))
        ):
            return self._form(request, _STALE, 401)
        return self._signed_in(request, self._ways.sessions.begin(person))

    def _signed_in(self, request: Request, token: str) -> Response:
        answer = RedirectResponse(_wanted(request), 303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(SECONDS),
            httponly=True,
            samesite="lax",
            secure=self._ways.settings.tls or request.url.scheme == "https",
        )
        return answer

    def _form(self, request: Request, trouble: str = "", status: int = 200) -> Response:
        accounts = "" if self._ways.settings.server is not None else "hidden"
        page = _PAGE.replace("{trouble}", escape(trouble)).replace("{to}", escape(_wanted(request)))
        page = page.replace("{shown}", "" if trouble else "hidden").replace("{accounts}", accounts)
        return HTMLResponse(page, status, {"Cache-Control": "no-store"})


def _wanted(request: Request) -> str:
    """Where whoever signs in wants to go: a page of ours, never another site."""
    to = request.query_params.get("to", "/")
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"


async def _form_of(request: Request) -> dict[str, str]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
    return {name: values[0] for name, values in fields.items()}
