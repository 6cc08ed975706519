"""The console as an ASGI application: pages, signing in, and what stands before them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import time
from typing import Any

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import core, ui
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from vrooli.console.acting import Ways
from vrooli.console.feed import Feed
from vrooli.console.frame import framed
from vrooli.console.gate import SIGNED_IN, Gate
from vrooli.console.login import Login
from vrooli.console.missing import missing
from vrooli.console.open_pages import OpenPages, led_away_by
from vrooli.console.page import File, Page, View, pages
from vrooli.console.parts.html import notify
from vrooli.console.parts.trouble import once_more, show_trouble
from vrooli.console.sessions import Sessions
from vrooli.console.settings import ConsoleSettings
from vrooli.console.sockets import Sockets, quiet
from vrooli.console.status_page import StatusPage
from vrooli.console.tidying import Tidying
from vrooli.core.errors import (
    AccessDenied,
    DeadlineExceeded,
    ProtocolError,
    UsageError,
    VrooliError,
)

_log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
RECONNECT = 20.0
"""Seconds for which a page is kept whose browser is gone."""

BUILDING = 12.0
"""Seconds in which a page must be made: those who are asked may be busy."""

HANGING = 2.0
"""Seconds for the same while it is known that the watchdog does not answer."""


def create_app(settings: ConsoleSettings) -> ASGIApp:
    """All of it. NiceGUI keeps its pages for the whole process: call it once."""
    sessions = Sessions(settings.sessions, time)
    ways, feed = Ways(settings, sessions), Feed()
    open_pages = OpenPages(ways, led_away_by(lambda page: sockets.cut_off(page)))
    tidying = Tidying()
    nicegui_app.on_delete(tidying.closed)
    lifespan = _lifespan(feed, open_pages, tidying)
    inner = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    login = Login(ways)
    inner.add_route("/login", login.show, methods=["GET"])
    inner.add_route("/login", login.take, methods=["POST"])
    inner.add_route("/logout", login.leave, methods=["POST"])
    inner.add_route("/health", _healthy, methods=["GET"])
    status = StatusPage(ways, feed)
    inner.add_route("/status", status.show, methods=["GET"])
    inner.add_route("/badge/{name}.svg", status.badge, methods=["GET"])
    inner.mount("/static", StaticFiles(directory=STATIC))
    found = pages()
    menu = [one for one in found if one.order is not None]
    for one in found:
        for path, answer in one.files.items():
            inner.add_route(path, sent(one, answer, ways), methods=["GET"])
        shown = _shown(one, ways, feed, open_pages, menu)
        ui.page(one.path, title=f"{one.title} · Vrooli", response_timeout=2 * BUILDING)(shown)
    ui.add_head_html(_head(), shared=True)
    nicegui_app.on_exception(_note)
    for answering in (inner, nicegui_app):
        answering.add_exception_handler(404, missing)
    nicegui_app.config.socket_io_js_transports = ["websocket"]
    quiet(core.sio)
    ui.run_with(
        inner,
        title="Vrooli",
        favicon=STATIC / "favicon.svg",
        dark=None,
        language="en-US",
        tailwind=False,
        binding_refresh_interval=None,
        reconnect_timeout=RECONNECT,
        gzip_middleware_factory=None,
        show_welcome_message=False,
    )
    sockets = Sockets(inner, sessions)
    gate = Gate(sockets, settings, sessions, open_pages.confirm)
    return GZipMiddleware(gate, minimum_size=1000)


def _head() -> str:
    """Every style sheet and script of ours: a page may bring its own, as one more file."""
    styles = sorted(one.name for one in STATIC.glob("*.css"))
    scripts = sorted(one.name for one in STATIC.glob("*.js"))
    return "".join(
        (
            *(f'<link rel="stylesheet" href="/static/{name}">' for name in styles),
            *(f'<script src="/static/{name}"></script>' for name in scripts),
        )
    )


def _lifespan(*parts: Feed | OpenPages | Tidying) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(one.run()) for one in parts]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return running


def _shown(
    page: Page, ways: Ways, feed: Feed, open_pages: OpenPages, menu: list[Page]
) -> Callable[[Request], Awaitable[Response | None]]:
    async def show(request: Request) -> Response | None:
        signed_in = getattr(request.state, SIGNED_IN)
        acting = ways.acting(signed_in.id)
        view = View(acting, feed, dict(request.path_params), dict(request.query_params))
        client = ui.context.client
        leave = feed.join(acting)
        client.on_delete(leave)
        client.on_delete(open_pages.join(client, signed_in.id))
        person = acting.person
        main = framed(page, view, [one for one in menu if person.may(one.role)])
        with main:
            await fill(page, view)
        return None

    return show


async def fill(page: Page, view: View) -> None:
    """Build what is inside of the frame, for whoever may see it; or say what went wrong: a page
    that chokes on an answer has its frame all the same.
    """
    try:
        page.require(view.acting.person)
        await _built(page, view)
    except VrooliError as error:
        show_trouble(error)
        once_more(view.feed)
    except Exception as error:  # noqa: BLE001 -- logged, and the frame stays
        _log.exception("%s could not be built", page.path)
        show_trouble(ProtocolError(f"this page could not be built ({type(error).__name__})"))


async def _built(page: Page, view: View) -> None:
    """Make it, in time."""
    seconds = HANGING if view.feed.health.trouble else BUILDING
    try:
        async with asyncio.timeout(seconds):
            await page.build(view)
    except TimeoutError:
        raise DeadlineExceeded(
            f"no answer within {seconds:g} s",
            next_step="`vrooli status` tells who hangs; what hangs is found and restarted",
        ) from None


def sent(page: Page, answer: File, ways: Ways) -> Callable[[Request], Awaitable[Response]]:
    """A route for a file of a page, for whoever may see that; what goes wrong is told as text."""

    async def send(request: Request) -> Response:
        acting = ways.acting(getattr(request.state, SIGNED_IN).id)
        try:
            page.require(acting.person)
            return await answer(acting, request)
        except AccessDenied as error:
            return PlainTextResponse(f"{error}\n", 403)
        except UsageError as error:
            return PlainTextResponse(f"{error}\n", 400)
        except VrooliError as error:
            return PlainTextResponse(f"{error}\n", 503)

    return send


async def _healthy(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _note(error: Exception) -> None:
    """What goes wrong in a handler is told to whoever looks; NiceGUI logs it."""
    if isinstance(error, VrooliError):
        notify(str(error), type="negative", multi_line=True, close_button="Close")
