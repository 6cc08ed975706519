"""The swarms in `examples/swarms`: each does its work, with real steps on a real PostgreSQL."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.execution.test_swarms import children
from tests.support.openai_server import Reply, openai_server, says
from tests.support.steps import executed, failure, output, tools
from tests.support.tiny_server import Asked, reply, serving
from tests.support.trees import Place, place
from tests.support.waiting import eventually
from vrooli.execution.approvals.store import Decision
from vrooli.execution.approvals.views import ApprovalFilter
from vrooli.execution.llm.models import Models
from vrooli.execution.llm.settings import ModelSettings, Provider
from vrooli.execution.repositories import Repositories
from vrooli.flow.yaml import parse
from vrooli.host.clock import SystemClock
from vrooli.host.http import HttpxHttp
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.programs import LocalPrograms
from vrooli.host.resolver import SystemResolver
from vrooli.host.sandbox.linux_sandbox import LinuxSandbox
from vrooli.host.workspaces import FolderWorkspaces

SWARMS = Path(__file__).parents[3] / "examples" / "swarms"
SOMEBODY = {
    f"GIT_{who}_{what}": "ann@example.com"
    for who in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}


@asynccontextmanager
async def at_work(dsn: str, folder: Path, model_url: str = "") -> AsyncIterator[Place]:
    """A process whose steps are real."""
    clock, keys = SystemClock(), MemorySecrets({})
    models = ModelSettings({"house": Provider("house", "openai", model_url)})
    async with place(
        dsn,
        http=HttpxHttp(SystemResolver()),
        sandbox=LinuxSandbox(),
        models=Models(models, keys, clock),
        workspaces=FolderWorkspaces(folder / "work"),
        repositories=Repositories(LocalPrograms({}), (str(folder / "code"),)),
    ) as one:
        sweeping = asyncio.create_task(_sweep(one))
        yield one
        sweeping.cancel()


async def _sweep(one: Place) -> None:
    """It looks at once for what is free, as if PostgreSQL had told."""
    while True:
        await one.work.engine.sweep()
        await asyncio.sleep(0.02)


@pytest.fixture
async def here(dsn: str, tmp_path: Path) -> AsyncIterator[Place]:
    """One that asks no model."""
    async with at_work(dsn, tmp_path) as one:
        yield one


def git(folder: Path, *words: str) -> str:
    """What it says."""
    environment = {**os.environ, **SOMEBODY, "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-C", str(folder), *words]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return ended.stdout.strip()


def commit(folder: Path, path: str, text: str, message: str) -> str:
    """Write a file; the commit with it."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A repository with one commit of each kind since `v1`."""
    folder = tmp_path / "code"
    folder.mkdir()
    git(folder, "init", "--quiet")
    commit(folder, "docs/reference/cli.md", "a\nb\n", "Begin")
    git(folder, "tag", "v1")
    commit(folder, "src/shop/cart.py", "1", "Add a cart")
    commit(folder, "src/shop/cart.py", "2", "feat(cart)!: count by pieces")
    commit(folder, "src/shop/cart.py", "3", "Keep prices apart\n\nThe sum was lost in a crash.")
    commit(folder, "src/shop/login.py", "1", "Mask passwords in the log")
    commit(folder, "docs/reference/cli.md", "a\n", "Remove the command b")
    commit(folder, "tests/test_cart.py", "1", "Add a test of the cart")
    wrong = commit(folder, "src/shop/wrong.py", "1", "Add what <b>nobody</b> wants")
    git(folder, "revert", "--no-edit", wrong)
    return folder


async def store(here: Place, name: str) -> None:
    """The swarm, and the routines beside it."""
    for file in (SWARMS / name).glob("*.yaml"):
        data = parse(file.read_text(encoding="utf-8")).data
        put = here.work.swarms.put if file.stem == name else here.work.routines.put
        await put(data)


async def approve(here: Place) -> dict[str, Any]:
    """Answer the one question that there is; it."""

    async def look() -> dict[str, Any] | None:
        page = await here.work.approvals.views.page(ApprovalFilter("pending"))
        return page[0] if page else None

    question: dict[str, Any] = await eventually(look, "somebody is asked")
    decision = Decision(approved=True, hash=question["hash"], by="ann", reason="")
    await here.work.approvals.decide(question["id"], decision)
    return question


NOTES = """\
# Shop 2

## Breaking changes

- Remove the command b (HASH)
- Count by pieces (shop, HASH)

## Security

- Mask passwords in the log (shop, HASH)

## New

- Add a cart (shop, HASH)

## Fixed

- Keep prices apart (shop, HASH)

6 commits change 4 files, 1 of them tests and tools alone; 2 were undone again.
"""


async def notes(here: Place, code: Path, **more: Any) -> str:
    """The swarm that writes those of Shop 2."""
    await store(here, "release-notes")
    given = {"repository": str(code), "from": "v1", "title": "Shop 2", **more}
    return await here.start("release-notes", inputs=given)


def without_hashes(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{7,}\b", "HASH", text)


async def test_release_notes_without_a_model(here: Place, code: Path, tmp_path: Path) -> None:
    """What is asked about is what is written, word by word."""
    run = await notes(here, code)
    asked = (await approve(here))["what"]
    found = await here.end(run)
    assert found["status"] == "completed", found["failure"]
    assert without_hashes(found["output"]["text"]) == NOTES
    assert (asked["task"], asked["inputs"]) == ("write", {"text": found["output"]["text"]})
    (writer,) = [one for one in await children(here, run) if one["routine"] == "release-write"]
    written = tmp_path / "work" / writer["id"] / found["output"]["file"]
    assert written.read_text(encoding="utf-8") == found["output"]["text"]


async def test_release_notes_with_a_model(dsn: str, code: Path, tmp_path: Path) -> None:
    """Its words come first; the rest is as without it."""
    said = f"You can count by pieces ({git(code, 'log', '--format=%h', '--grep=pieces')})."
    async with openai_server() as (server, url), at_work(dsn, tmp_path, url) as here:
        server.answers(says(json.dumps({"words": said})))
        run = await notes(here, code, model="house:a")
        await approve(here)
        text = (await here.end(run))["output"]["text"]
    assert text.startswith(f"# Shop 2\n\n{said}\n\n## Breaking changes\n")
    assert without_hashes(text.replace(f"{said}\n\n", "")) == NOTES
    assert "breaking: Count by pieces" in str(server.asked[0]["messages"])


async def test_only_repositories_that_were_named_are_read(code: Path, tmp_path: Path) -> None:
    """Nor what lies within one, nor what is none, nor what its settings would have run."""
    (tmp_path / "none").mkdir()
    inner, mark = str(code / "src"), tmp_path / "mark"
    named = (str(code), inner, str(tmp_path / "none"))
    given = tools(repositories=Repositories(LocalPrograms({}), named))

    async def read(folder: str, **more: str) -> Any:
        asked = {"folder": folder, "from": "v1", "to": "HEAD", **more}
        return await executed("tool", {"name": "read_commits", "arguments": asked}, given)

    for folder in (str(tmp_path), str(code / "docs"), f"{code}/", f"{code}/../code"):
        assert failure(await read(folder)) == ("refused", False)
    for folder in (inner, str(tmp_path / "none")):
        assert failure(await read(folder)) == ("repository", False)
    assert failure(await read(str(code), to="v2")) == ("repository", False)
    for key in ("core.fsmonitor", "diff.external", "core.pager", "diff.x.textconv"):
        git(code, "config", key, f"touch {mark}")
    (code / ".git" / "info" / "attributes").write_text("* diff=x\n", encoding="utf-8")
    found = output(await read(str(code)))
    assert [one["subject"] for one in found["commits"]][-1] == "Add a cart"
    assert found["commits"][-1]["files"] == [{"path": "src/shop/cart.py", "added": 1, "removed": 0}]
    assert (len(found["commits"]), found["more"], mark.exists()) == (8, False, False)


PAGES = {
    "/cats": b"<html><nav>How long do cats sleep</nav><p>Cats sleep sixteen hours.</p></html>",
    "/lions": b"<html><p>Lions roar. Big cats sleep long after meals.</p></html>",
}


async def web(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Two pages, and a search that finds them and one that is not there."""
    kind, body = b"text/html", PAGES.get(asked.path)
    if asked.path.startswith("/search"):
        urls = [f"http://{asked.headers['host']}{path}" for path in (*PAGES, "/dogs")]
        kind = b"application/json"
        body = json.dumps({"results": [{"url": url} for url in urls]}).encode()
    if body is None:
        await reply(writer, 404, {})
        return
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    writer.write(head % (kind, len(body)) + body)
    await writer.drain()


async def research(here: Place, host: str, **more: Any) -> str:
    """The swarm that finds out how long cats sleep."""
    await store(here, "research-and-report")
    search = f"http://{host}/search?q={{query}}"
    given = {"question": "How long do cats sleep?", "search": search, **more}
    return await here.start("research-and-report", inputs=given)


async def test_research_without_a_model(here: Place) -> None:
    """Rules plan: search, read, write; the report is made of what stands in the pages."""
    async with serving(web) as address:
        host = str(address)
        found = await here.end(await research(here, host))
    assert found["status"] == "completed", found["failure"]
    told = [(one["says"], one["sources"][0]["url"]) for one in found["output"]["claims"]]
    assert told == [
        ("Cats sleep sixteen hours.", f"http://{host}/cats"),
        ("Big cats sleep long after meals.", f"http://{host}/lions"),
    ]
    assert "Cats sleep sixteen hours. [1]" in found["output"]["text"]


async def test_research_with_a_model(dsn: str, tmp_path: Path) -> None:
    """It plans; what it makes up is not read, and not kept."""

    def answers(asked: dict[str, Any]) -> Reply:
        prompt = str(asked["messages"])
        if "You plan research" in prompt:
            fresh = "/cats" not in prompt
            urls = [] if fresh else [f"http://{host}/cats", "http://elsewhere/x"]
            write = "sixteen" in prompt
            return says(json.dumps({"queries": ["cats"] * fresh, "read": urls, "write": write}))
        if "You copy" in prompt:
            return says(json.dumps({"quotes": ["Cats sleep sixteen hours.", "Cats fly."]}))
        claim = {"says": "Sixteen hours a day.", "sources": [1]}
        return says(json.dumps({"claims": [claim]}))

    async with (
        serving(web) as address,
        openai_server() as (server, url),
        at_work(dsn, tmp_path, url) as here,
    ):
        host = str(address)
        server.choose = answers
        found = await here.end(await research(here, host, model="house:a"))
        tasks = [one["routine"] for one in await children(here, found["id"])]
    assert tasks.count("research-read") == 1
    assert found["status"] == "completed", found["failure"]
    source = {"url": f"http://{host}/cats", "says": "Cats sleep sixteen hours."}
    assert found["output"]["claims"] == [{"says": "Sixteen hours a day.", "sources": [source]}]
