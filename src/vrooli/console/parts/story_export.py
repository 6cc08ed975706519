"""What happened as a file of CSV, sent page by page as the watchdog tells it."""

import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from vrooli.console.acting import Acting
from vrooli.console.parts.story import COLUMNS, Filters, csv_row, csv_text, file_name, filters, rows

MOST = 50_000
"""Rows of one file; the last line says when there are more."""

PAGE = 1000
"""Rows of one answer of the watchdog."""

PAGES = 500
"""Answers at most: one of a search may be empty."""


async def export(acting: Acting, request: Request) -> Response:
    """The file, with the filters of the page.

    Raises:
        VrooliError: the watchdog does not answer, or knows no such subject.
    """
    asked = filters(request.query_params)
    status = await acting.ask(acting.watchdog.status)
    first = await _page(acting, asked, None)  # what fails, fails before the file begins
    name = file_name(str(status["stack"]), time.time())
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(
        _lines(acting, asked, first), media_type="text/csv; charset=utf-8", headers=headers
    )


async def _lines(acting: Acting, asked: Filters, answer: dict[str, Any]) -> AsyncIterator[str]:
    yield csv_text([COLUMNS])
    left = MOST
    for _ in range(PAGES):
        found = rows(answer["entries"])[:left]
        left -= len(found)
        yield csv_text(map(csv_row, found))
        if answer["next"] is None:
            return
        if not left:
            break
        answer = await _page(acting, asked, answer["next"])
    yield csv_text(
        [("", "", "", "", f"cut off after {MOST - left} rows: choose a shorter time", "")]
    )


async def _page(acting: Acting, asked: Filters, before: int | None) -> dict[str, Any]:
    question = {**asked.question(), "before": before, "limit": PAGE}
    return await acting.ask(lambda: acting.watchdog.timeline(**question))
