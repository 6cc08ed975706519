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
from tests.support.openai_server import openai_server, says
from tests.support.steps import executed, failure, output, tools
from tests.support.trees import Place, place
from tests.support.waiting import eventually
from vrooli.execution.approvals.store import Decision
from vrooli.execution.approvals.views import ApprovalFilter
from vrooli.execution.llm.models import Models
from vrooli.execution.llm.settings import ModelSettings, Provider
from vrooli.execution.repositories import Repositories
from vrooli.flow.yaml import parse
from vrooli.host.clock import SystemClock
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.programs import LocalPrograms
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


async def approve(here: Place, *, approved: bool = True) -> dict[str, Any]:
    """Answer the one question that there is; it."""

    async def look() -> dict[str, Any] | None:
        page = await here.work.approvals.views.page(ApprovalFilter("pending"))
        return page[0] if page else None

    question: dict[str, Any] = await eventually(look, "somebody is asked")
    decision = Decision(approved=approved, hash=question["hash"], by="ann", reason="")
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


async def test_release_notes_that_somebody_rejects(here: Place, code: Path, tmp_path: Path) -> None:
    run = await notes(here, code)
    await approve(here, approved=False)
    assert (await here.end(run))["failure"]["kind"] == "task"
    assert not list((tmp_path / "work").rglob("*.md"))


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
