"""Routes about the past: incidents, rows of one check, uptime, trends, and what happened. Reading
only.
"""

from collections.abc import Collection
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal import moment, series
from vrooli.autoheal.archive import Archive, Page
from vrooli.autoheal.asking import asks, limit, number
from vrooli.autoheal.heal import Outcome
from vrooli.autoheal.pieces import Span
from vrooli.autoheal.sought import KINDS
from vrooli.core.errors import UsageError
from vrooli.core.ports.clock import Clock

WINDOWS = ("24h", "7d", "30d")
"""What `/uptime` tells of when nothing else is asked."""

RECENT = 6 * 3600.0
"""Seconds of the second look at a trend: what fills within hours is no news of a week."""

MOST = 1000
"""Rows of one answer."""

MOST_PARTS = 100
"""Of one window: more bars than anybody can tell apart."""


@dataclass(frozen=True)
class Past:
    """What these routes work with."""

    archive: Archive
    clock: Clock

    def routes(self) -> list[Route]:
        """See the base."""
        return [
            Route("/history", self.incidents),
            Route("/history/{id}", self.rows),
            Route("/uptime", self.uptime),
            Route("/trends", self.trends),
            Route("/timeline", self.timeline),
            Route("/heals/ended", self.ended_heals),
        ]

    @asks("check", "since", "until", "limit", "offset")
    async def incidents(self, request: Request) -> Response:
        """`{since, until, incidents[], next}`: what was wrong, for how long, and the heals in it,
        newest first. Query: `check` (or a service), `since` (24h), `until`: an age like `7d`, a
        date, or Unix seconds; `limit` (100, at most 1000), `offset` (`next` of the page before).
        """
        span = self._span(request, "24h")
        page = Page(limit(request, 100, MOST), number(request, "offset", 0, 2**40))
        found = await self.archive.incidents(_name(request, "check"), span, page)
        return JSONResponse({**_ends(span), **found})

    @asks("since", "until", "step", "limit")
    async def rows(self, request: Request) -> Response:
        """`{since, until, check, unit, step, summary, rows[], next}`: what one check said, newest
        first, and its uptime. Query: `since` (24h), `until` (`next` of the page before), `step`
        (raw, minute, hour or day; else what fits the span), `limit` (100, at most 1000).
        """
        span = self._span(request, "24h")
        step = _step(request.query_params.get("step"))
        name = request.path_params["id"]
        found = await self.archive.rows(name, step, span, limit(request, 100, MOST))
        return JSONResponse({**_ends(span), **found})

    @asks("check", "since", "until", "parts")
    async def uptime(self, request: Request) -> Response:
        """`{checks[]}`, each with its `windows[]`: seconds up, down, unknown and off, and how many
        incidents. Query: `check`; `since` and `until` for one window instead of 24 hours, 7 days
        and 30 days; `parts` (0, at most 100): the percents of so many equal parts of each window.
        """
        asked = request.query_params
        if asked.get("since") or asked.get("until"):
            windows = [self._span(request, "24h")]
        else:
            now = self.clock.wall()
            windows = [moment.window(since, "", now) for since in WINDOWS]
        parts = number(request, "parts", 0, MOST_PARTS)
        found = await self.archive.uptime(_name(request, "check"), windows, parts)
        return JSONResponse({"checks": found})

    @asks("check", "since", "until")
    async def trends(self, request: Request) -> Response:
        """`{trends[]}`: slope, fit, forecasts with the time when a limit is reached, and all that
        in words. Query: `check`, `since` (7d; then 6 hours are looked at as well), `until`.
        """
        span = self._span(request, "7d")
        usual = not request.query_params.get("since")
        recent = Span(max(span.began, span.ended - RECENT), span.ended) if usual else None
        found = await self.archive.trends(_name(request, "check"), span, recent)
        return JSONResponse({"trends": found})

    @asks("subject", "kind", "text", "since", "until", "limit", "before")
    async def timeline(self, request: Request) -> Response:
        """`{since, until, entries[], next}`: transitions, heals and events, newest first. Query:
        `subject`; `kind` (transition, heal or event); `text` that subject or words contain, in any
        case; `since` (24h), `until`, `limit` (100, at most 1000), `before` (`next` of the page
        before). A page may have less than `limit` rows, even none, and still have a next one.
        """
        span = self._span(request, "24h")
        page = Page(limit(request, 100, MOST), number(request, "before", 0, 2**62))
        name, kind, text = (
            _name(request, "subject"),
            _one_of(request, "kind", KINDS),
            _name(request, "text"),
        )
        found = await self.archive.timeline(name, span, page, kind, text)
        return JSONResponse({**_ends(span), **found})

    @asks("subject", "outcome", "since", "until", "limit", "before")
    async def ended_heals(self, request: Request) -> Response:
        """`{since, until, heals[], next}`: heals that ended then, what ended last first, however
        many there are. Query: `subject` (a service, a group or a check), `outcome`, `since` (365d),
        `until`, `limit` (100, at most 1000), `before` (`next` of the page before).
        """
        span = self._span(request, "365d")
        page = Page(limit(request, 100, MOST), number(request, "before", 0, 2**62))
        outcome = _one_of(request, "outcome", [str(one) for one in Outcome])
        found = await self.archive.ended_heals(_name(request, "subject"), span, page, outcome)
        return JSONResponse({**_ends(span), **found})

    def _span(self, request: Request, since: str) -> Span:
        asked = request.query_params
        return moment.window(asked.get("since") or since, asked.get("until", ""), self.clock.wall())


def _step(asked: str | None) -> series.Step | None:
    if not asked:
        return None
    for step in series.STEPS:
        if asked == step:
            return step
    raise UsageError(
        f"`step` must be one of {', '.join(series.STEPS)}",
        next_step="choose one of them, or leave it out",
    )


def _one_of(request: Request, key: str, among: Collection[str]) -> str:
    asked = request.query_params.get(key, "")
    if asked and asked not in among:
        raise UsageError(
            f"`{key}` must be one of {', '.join(among)}",
            next_step="choose one of them, or leave it out",
        )
    return asked


def _name(request: Request, key: str) -> str:
    return request.query_params.get(key, "")[:255]


def _ends(span: Span) -> dict[str, float]:
    return {"since": span.began, "until": span.ended}


GROUP = Past
