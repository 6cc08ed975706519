"""What happened, as the console shows and exports it."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.support.tiny_server import Answer, Asked, reply, serving
from vrooli.console.acting import Ways
from vrooli.console.app import sent
from vrooli.console.gate import Gate, cookie_name
from vrooli.console.pages.timeline import PAGE
from vrooli.console.parts import story_export
from vrooli.console.parts.story import (
    MAX_TEXT,
    Filters,
    csv_row,
    csv_text,
    file_name,
    filters,
    newer,
    rows,
)
from vrooli.console.parts.story_export import export
from vrooli.console.sessions import Sessions
from vrooli.console.settings import ConsoleSettings
from vrooli.core.address import HostPort
from vrooli.core.passes import VIEWER, Person


def entry(seq: int, words: str = "ok -> critical", **more: Any) -> dict[str, Any]:
    """One of `GET /timeline`."""
    said = {"kind": "transition", "subject": "web", "status": "critical", "words": words}
    return {"seq": seq, "at": 1000.0 + seq, **said, **more}


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ({}, Filters()),
        ({"kind": "heal", "span": "7d", "before": "12"}, Filters("heal", "", "7d", "", 12)),
        ({"kind": "rumour", "span": "for ever", "before": "-1"}, Filters()),
        ({"before": "²"}, Filters()),
        ({"text": " " + "x" * 999}, Filters(text="x" * MAX_TEXT)),
    ],
)
def test_what_makes_no_sense_in_an_address_is_passed_over(
    query: dict[str, str], meant: Filters
) -> None:
    assert filters(query) == meant


def test_a_link_keeps_the_filters() -> None:
    asked = Filters("heal", "a&b", "7d", "x y", 9)
    assert asked.link() == "/timeline?kind=heal&subject=a%26b&span=7d&text=x+y&before=9"
    assert Filters().link() == "/timeline"
    assert asked.link("/timeline.csv", before=0).endswith("text=x+y")


def test_only_what_is_new_comes_on_top() -> None:
    found = rows([entry(3), entry(5), entry(4)])
    assert [row.seq for row in newer(found, 3)] == [5, 4]
    assert newer(found, 5) == []


def test_no_cell_of_a_row_is_a_formula() -> None:
    (row,) = rows([{**entry(3), "words": "=1+1 \x1b[2J"}])
    assert csv_row(row)[4] == "'=1+1 \ufffd[2J"


def test_csv_survives_its_own_signs() -> None:
    cells = ['a,"b"', "two\nlines"]
    assert list(csv.reader(io.StringIO(csv_text([cells]), newline=""))) == [cells]


def test_the_name_of_a_file_is_one() -> None:
    assert file_name('a/..\r\n"b', 0) == "a------b-timeline-1970-01-01.csv"


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, list[Asked]]]:
    """A browser that is signed in, and what its console asked of a watchdog with 2500 rows."""
    heard: list[Asked] = []
    async with serving(_watchdog(heard)) as where:
        assert isinstance(where, HostPort)
        sessions = Sessions(tmp_path / "sessions", lambda: 1.0)
        settings = ConsoleSettings(
            "127.0.0.1", 3003, where, None, "key", "other", tmp_path / "sessions"
        )
        route = Route("/timeline.csv", sent(PAGE, export, Ways(settings, sessions)))
        app = Gate(Starlette(routes=[route]), settings, sessions)
        cookie = {cookie_name(3003, tls=False): sessions.begin(Person("ada", VIEWER))}
        base = "http://127.0.0.1:3003"
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=base, cookies=cookie) as browser:
            yield browser, heard


def _watchdog(heard: list[Asked]) -> Answer:
    async def answer(asked: Asked, writer: Any) -> None:
        heard.append(asked)
        query = httpx.URL(asked.path).params
        if asked.path.startswith("/status"):
            await reply(writer, 200, {"stack": "demo"})
        elif query.get("subject") == "nobody":
            error = {"message": "nothing is known of `nobody`", "next_step": "look again"}
            await reply(writer, 400, {"error": error})
        else:
            top = int(query.get("before", 2501)) - 1
            found = [entry(seq, "=evil()") for seq in range(top, max(0, top - 1000), -1)]
            more = found[-1]["seq"] if found[-1]["seq"] > 1 else None
            await reply(writer, 200, {"entries": found, "next": more})

    return answer


async def test_all_pages_are_in_the_file(
    asked: tuple[httpx.AsyncClient, list[Asked]],
) -> None:
    browser, heard = asked
    answer = await browser.get("/timeline.csv", params={"kind": "heal", "text": "evil"})
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert lines[0] == ["time", "kind", "subject", "status", "what", "number"]
    assert [line[-1] for line in lines[1:]] == [str(seq) for seq in range(2500, 0, -1)]
    assert lines[1][:5] == [
        "1970-01-01T00:58:20.000+00:00", "transition", "web", "critical", "'=evil()",
    ]  # fmt: skip
    assert answer.headers["content-disposition"].startswith('attachment; filename="demo-timeline-')
    pages = [one for one in heard if one.path.startswith("/timeline")]
    assert len(pages) == 3
    assert all("kind=heal&text=evil" in one.path for one in pages)
    assert pages[0].headers["authorization"].startswith("Bearer ")


async def test_a_file_has_an_end_and_says_so(
    asked: tuple[httpx.AsyncClient, list[Asked]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story_export, "MOST", 1500)
    lines = (await asked[0].get("/timeline.csv")).text.splitlines()
    assert len(lines) == 1502
    assert "cut off after 1500 rows" in lines[-1]


async def test_a_wrong_subject_is_told_before_the_file_begins(
    asked: tuple[httpx.AsyncClient, list[Asked]],
) -> None:
    answer = await asked[0].get("/timeline.csv", params={"subject": "nobody"})
    assert answer.status_code == 400
    assert "nothing is known of `nobody`" in answer.text


async def test_nobody_gets_it_who_is_not_signed_in(
    asked: tuple[httpx.AsyncClient, list[Asked]],
) -> None:
    browser, heard = asked
    browser.cookies.clear()
    assert (await browser.get("/timeline.csv")).status_code == 401
    assert heard == []
