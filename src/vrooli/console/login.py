"""Signing in and out: plain forms, which work without any script."""

import asyncio
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
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
from vrooli.core.passes import FOR_CONSOLE, Passes, Person

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
_FIELD = re.compile(r"\{(\w+)\}")
_OVER = (
    "Your session is over: you signed out elsewhere, it was too old, or an admin has kept you out."
)
_WRONG = (
    "The address or the password is not right, or an admin has kept this account out."
    " If you are sure of both, ask an admin."
)
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
        """GET: the form; with `?link=` a button. It changes nothing: programs that look where
        links lead would use them up.
        """
        link = request.query_params.get("link")
        if link is not None:
            person = self._owner(link)
            if person is None:
                return self._form(request, _Filled(_STALE), 401)
            return self._form(request, _Filled(link=link, owner=person.name))
        if getattr(request.state, SIGNED_IN, None) is not None:
            return RedirectResponse(_wanted(request), 303)
        return self._form(request, _Filled(_OVER if "over" in request.query_params else ""))

    async def take(self, request: Request) -> Response:
        """POST: address and password of an account of the server, or a link."""
        form = await _form_of(request)
        if "link" in form:
            return await self._by_link(request, form["link"])
        email, password = form.get("email", "")[:MAX_ADDRESS], form.get("password", "")
        of = (self._network(request), email.strip().lower())
        if wait := self._guard.take(*of, time.monotonic()):
            said = f"There were too many tries; wait {wait:.0f} s."
            return self._form(request, _Filled(said, email), 429)
        try:
            pair = await self._pair(email, password)
        except AccessDenied:
            return self._form(request, _Filled(_WRONG, email), 401)
        except VrooliError as error:
            self._guard.untold(*of)
            return self._form(
                request, _Filled(f"Nobody can sign in now: {error.what}.", email), 503
            )
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

    def _owner(self, link: str) -> Person | None:
        """Whom a link that is good still signs in."""
        person, name, _ = self._read(link)
        return None if self._ways.sessions.was_taken(name) else person

    async def _by_link(self, request: Request, link: str) -> Response:
        person, name, until = self._read(link)
        if person is None or not self._ways.sessions.take_link(name, until):
            return self._form(request, _Filled(_STALE), 401)
        await self._end_earlier(request)
        return self._signed_in(request, self._ways.sessions.begin(person))

    def _read(self, link: str) -> tuple[Person | None, str, float]:
        """Whom it is for, its name, and until when it is good."""
        now = time.time()
        passes = Passes(self._ways.settings.console_key, FOR_CONSOLE)
        claims = passes.claims(link, now) or {}
        return passes.person(link, now), str(claims.get("jti")), float(claims.get("exp", now))

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

    def _form(self, request: Request, filled: "_Filled", status: int = 200) -> Response:
        accounts = self._ways.settings.server is not None and not filled.link
        values = {
            "shown": "trouble" if filled.trouble else "hidden",
            "to": quote(_wanted(request), safe="/"),
            "accounts": "" if accounts else "hidden",
            "hint": "hidden" if filled.link else "",
            "linked": "" if filled.link else "hidden",
            "first": "" if filled.email else "autofocus",
            "second": "autofocus" if filled.email else "",
            **asdict(filled),
        }
        page = _FIELD.sub(lambda one: escape(values[one[1]]), _PAGE)
        return HTMLResponse(page, status, {"Cache-Control": "no-store"})


@dataclass(frozen=True, slots=True)
class _Filled:
    """What stands in the page.

    Attributes:
        trouble: what went wrong; may be empty, like all of it.
        email: what was typed.
        link, owner: one that is good still, and whom it signs in.
    """

    trouble: str = ""
    email: str = ""
    link: str = ""
    owner: str = ""


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
