"""Signing in and out: plain forms, which work without any script."""

import asyncio
import time
from contextlib import suppress
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from vrooli.client.accounts import AccountsClient
from vrooli.client.api import NOBODY
from vrooli.console.acting import Ways, account_of
from vrooli.console.gate import SIGNED_IN, cookie_name
from vrooli.console.sessions import LONGEST, Account
from vrooli.console.tries import Guard, Tries
from vrooli.console.whence import whence
from vrooli.core.errors import AccessDenied, VrooliError
from vrooli.core.network import network_of
from vrooli.core.passes import FOR_CONSOLE, Passes

MAX_FORM = 16 * 1024
AN_ACCOUNT, A_NETWORK = (10, 60.0), (40, 18.0)
"""So many passwords may be tried in vain at once, then one after so many seconds: for one account
from one network, and by a network. The server, which counts too, sees all of them come from here:
in its 15 minutes it takes 100 from an address, which is more than one network is left here.
"""

MAX_ADDRESS = 320
"""Characters of an e-mail address."""

WAIT = 2.0
"""Seconds for which signing out waits for the server to end the session there."""

_PAGE = (Path(__file__).parent / "static" / "login.html").read_text(encoding="utf-8")
_STALE = "This link was used before, or is too old. `vrooli console link` prints a new one."


class Login:
    """The routes `/login` and `/logout`.

    Args:
        ways: to the server, and who is signed in.
    """

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._guard = Guard(network=Tries(*A_NETWORK), account=Tries(*AN_ACCOUNT))

    async def show(self, request: Request) -> Response:
        """GET: the form; with `?link=` whoever has one is signed in at once."""
        link = request.query_params.get("link")
        if link is not None:
            return await self._by_link(request, link)
        if getattr(request.state, SIGNED_IN, None) is not None:
            return RedirectResponse(_wanted(request), 303)
        return self._form(request)

    async def take(self, request: Request) -> Response:
        """POST: address and password of an account of the server."""
        form = await _form_of(request)
        email, password = form.get("email", "")[:MAX_ADDRESS], form.get("password", "")
        of = (self._network(request), email.strip().lower())
        if wait := self._guard.take(*of, time.monotonic()):
            return self._form(request, f"There were too many tries; wait {wait:.0f} s.", 429)
        try:
            pair = await self._pair(email, password)
        except AccessDenied:
            return self._form(request, "The address or the password is not right.", 401)
        except VrooliError as error:
            self._guard.untold(*of)
            return self._form(request, f"Nobody can sign in now: {error.what}.", 503)
        self._guard.succeeded(*of)
        person, account = account_of(pair, time.time())
        await self._end_earlier(request)
        return self._signed_in(request, self._ways.sessions.begin(person, account))

    async def leave(self, request: Request) -> Response:
        """POST: sign out."""
        await self._end_earlier(request)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(
            self._cookie(request), httponly=True, samesite="lax", secure=_is_tls(request)
        )
        return answer

    async def _end_earlier(self, request: Request) -> None:
        """The session of this browser is over, here at once, and at the server if it answers."""
        signed_in = getattr(request.state, SIGNED_IN, None)
        if signed_in is None:
            return
        self._ways.sessions.end(signed_in.id)
        if signed_in.account is not None:
            told = asyncio.create_task(self._log_out(signed_in.account))
            await asyncio.wait([told], timeout=WAIT)

    async def _log_out(self, account: Account) -> None:
        with suppress(VrooliError):
            client = AccountsClient(self._ways.server(), NOBODY)
            await self._ways.queues.log_in.ask(lambda: client.log_out(account.refresh))

    async def _pair(self, email: str, password: str) -> dict[str, object]:
        client = AccountsClient(self._ways.server(), NOBODY)
        return await self._ways.queues.log_in.ask(lambda: client.log_in(email, password))

    async def _by_link(self, request: Request, link: str) -> Response:
        now = time.time()
        passes = Passes(self._ways.settings.console_key, FOR_CONSOLE)
        person, claims = passes.person(link, now), passes.claims(link, now) or {}
        if person is None or not self._ways.sessions.take_link(
            str(claims.get("jti")), float(claims.get("exp", now))
        ):
            return self._form(request, _STALE, 401)
        await self._end_earlier(request)
        return self._signed_in(request, self._ways.sessions.begin(person))

    def _signed_in(self, request: Request, token: str) -> Response:
        answer = RedirectResponse(_wanted(request), 303)
        answer.set_cookie(
            self._cookie(request),
            token,
            max_age=int(LONGEST),
            httponly=True,
            samesite="lax",
            secure=_is_tls(request),
        )
        return answer

    def _network(self, request: Request) -> str:
        """Where it comes from."""
        peer = request.client.host if request.client else ""
        said = ",".join(request.headers.getlist("x-forwarded-for"))
        return network_of(whence(peer, said, self._ways.settings.proxies))

    def _cookie(self, request: Request) -> str:
        return cookie_name(self._ways.settings.port, tls=_is_tls(request))

    def _form(self, request: Request, trouble: str = "", status: int = 200) -> Response:
        accounts = "" if self._ways.settings.server is not None else "hidden"
        to = quote(_wanted(request), safe="/")
        page = _PAGE.replace("{shown}", "" if trouble else "hidden").replace("{to}", to)
        page = page.replace("{accounts}", accounts).replace("{trouble}", escape(trouble))
        return HTMLResponse(page, status, {"Cache-Control": "no-store"})


def _wanted(request: Request) -> str:
    """Where whoever signs in wants to go: a page of ours, never another site."""
    to = request.query_params.get("to", "/")
    # Browsers read `/\` and `/TAB/` as `//`, which begins the name of another host.
    ours = to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable()
    return to if ours else "/"


def _is_tls(request: Request) -> bool:
    """The gate has seen to it that this is so behind a proxy too."""
    return request.url.scheme == "https"


async def _form_of(request: Request) -> dict[str, str]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FORM:
            return {}
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
