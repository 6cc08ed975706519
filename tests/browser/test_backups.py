"""A restore point is gone back to from the page by who may; others see what it would do."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import add_user, sign_in
from tests.support.browser import Watched
from tests.support.older_postgres import sql as sql_here
from tests.support.stack import LiveStack, said


def sql(stack: LiveStack, *statements: str) -> Any:
    """Its answer; in a thread, since the loop of this one is the browser's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(sql_here, stack, *statements).result()


@pytest.fixture(scope="module")
def point(stack: LiveStack) -> str:
    """A point of the running database, and something that was written since."""
    sql(stack, "CREATE TABLE held (what int)", "INSERT INTO held VALUES (1) RETURNING 1")
    ended = stack.run("backup", "run", "--json")
    assert ended.returncode == 0, said(ended)
    drilled = stack.run("backup", "drill", "--busy")
    assert drilled.returncode == 0, said(drilled)
    sql(stack, "CREATE TABLE since (what int)", "SELECT 1")
    return str(json.loads(ended.stdout)["id"])


@pytest.fixture(scope="module")
def site(stack: LiveStack, point: str) -> Path:
    """A folder of files that are in the newest point."""
    folder = stack.folder / "site"
    folder.mkdir()
    for name in ("index.html", "gone.txt"):
        (folder / name).write_text(f"{name} of {point}", encoding="ascii")
    stack.files("site", paths=[str(folder)])
    stack.write()
    stack.up()
    ended = stack.run("backup", "run", "--only", "site")
    assert ended.returncode == 0, said(ended)
    return folder


def aside(site: Path) -> dict[str, dict[str, str]]:
    """What lies beside it, by folder and file."""
    return {
        folder.name: {one.name: one.read_text(encoding="ascii") for one in folder.iterdir()}
        for folder in site.parent.glob("site.*.before")
    }


@pytest.fixture
def operator(browser: Browser, stack: LiveStack) -> Iterator[Watched]:
    """A page of somebody who may restore."""
    add_user(stack, "otto@example.org", "operator")
    with closing(browser.new_context()) as context:
        watched = sign_in(context, stack, "otto@example.org")
        yield watched
        assert watched.wrong == []


def test_who_only_looks_sees_the_plan_and_no_way_to_do_it(
    point: str, seen_by_viewer: Watched
) -> None:
    page = seen_by_viewer.go("/backups")
    expect(page.locator(".verdict")).to_have_text("All that is backed up can be gone back to.")
    expect(page.locator("table.points")).to_contain_text(point)
    page.get_by_role("button", name="See what it would do").click()
    offer = page.locator(".offer")
    expect(offer).to_contain_text(f"({point})", timeout=30_000)
    expect(offer).to_contain_text("the data of")
    expect(offer).to_contain_text("stop, and start again: postgres, server, web")
    expect(offer).to_contain_text("You see the plan only. Your role is viewer")
    expect(offer.get_by_role("button")).to_have_count(0)


def test_an_operator_restores_it_and_it_says_how_that_ends(
    stack: LiveStack, point: str, operator: Watched
) -> None:
    page = operator.go(f"/backups?point={point}")
    page.get_by_role("button", name="See what it would do").click()
    offer = page.locator(".offer")
    offer.get_by_label("Type postgres to confirm").fill("postgrez")
    offer.get_by_role("button", name="Restore postgres").click()
    expect(page.locator("#go-back .trouble")).to_contain_text("must be the name of the resource")
    assert sql(stack, "SELECT to_regclass('since') IS NOT NULL") is True
    page.get_by_role("checkbox", name="postgres").uncheck()
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator("#wrong-services")).to_have_text("choose at least one")
    page.get_by_role("checkbox", name="postgres").check()
    page.get_by_role("button", name="See what it would do").click()
    offer.get_by_label("Type postgres to confirm").fill("postgres")
    offer.get_by_role("button", name="Restore postgres").click()
    expect(page.locator("#go-back .doing")).to_contain_text("It is restored.", timeout=60_000)
    assert sql(stack, "SELECT to_regclass('since') IS NOT NULL") is False
    assert sql(stack, "SELECT count(*) FROM held") == 1
    stack.until_ok()


def test_files_are_put_back_and_that_is_undone(
    stack: LiveStack, site: Path, operator: Watched, seen_by_viewer: Watched
) -> None:
    was = {one.name: one.read_text(encoding="ascii") for one in site.iterdir()}
    (site / "gone.txt").unlink()
    (site / "index.html").write_text("defaced", encoding="ascii")
    (site / "new.html").write_text("new", encoding="ascii")
    _only_looks(stack, seen_by_viewer)
    page = operator.go("/backups")
    _asked_about_site(page)
    offer = page.locator(".offer")
    differing = "Files and folders: 1 changed since, 1 came since and 1 missing now."
    expect(offer).to_contain_text(differing)
    expect(offer).to_contain_text(f"{site} is put back; what is there is moved aside")
    offer.get_by_label("Type site to confirm").fill("sight")
    offer.get_by_role("button", name="Restore site").click()
    expect(page.locator("#go-back .trouble")).to_contain_text("`confirm` must be their name")
    assert (site / "new.html").exists()
    _asked_about_site(page)
    offer.get_by_label("Type site to confirm").fill("site")
    offer.get_by_role("button", name="Restore site").click()
    expect(page.get_by_text("It is restored.")).to_be_visible()
    expect(page.locator("#go-back .doing")).to_contain_text("site: RTO")
    assert {one.name: one.read_text(encoding="ascii") for one in site.iterdir()} == was
    ((kept, held),) = aside(site).items()
    assert held == {"index.html": "defaced", "new.html": "new"}
    _undone(page, site, kept)
    assert list(aside(site).values()) == [was]


def _only_looks(stack: LiveStack, viewer: Watched) -> None:
    page = viewer.go("/backups")
    _asked_about_site(page)
    expect(page.locator(".offer")).to_contain_text("You see the plan only. Your role is viewer")
    expect(page.locator(".offer").get_by_role("button")).to_have_count(0)


def _asked_about_site(page: Page) -> None:
    page.get_by_role("checkbox", name="postgres").uncheck()
    page.get_by_role("checkbox", name="site").check()
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator(".offer")).to_contain_text("as it was ")


def _undone(page: Page, site: Path, kept: str) -> None:
    card = page.locator(".put-back li.card")
    expect(card).to_contain_text(f"{site.parent}/{kept}")
    card.get_by_role("button", name="Undo it").click()
    page.get_by_label("Type site to confirm").last.fill("site")
    page.locator(".offer").get_by_role("button", name="Undo it").click()
    expect(page.get_by_text("It is done.")).to_be_visible()
    assert (site / "index.html").read_text(encoding="ascii") == "defaced"
    assert not (site / "gone.txt").exists()
    expect(card).to_contain_text("is as it was before it was put back")


@pytest.mark.usefixtures("point")
def test_the_overview_says_how_old_the_newest_good_one_is(opened: Watched) -> None:
    page = opened.go("/")
    line = page.get_by_text("All that is backed up can be gone back to.")
    expect(line).to_be_visible()
    page.get_by_role("link", name="Backups", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Backups")
    expect(page.get_by_text("RTO of postgres")).to_be_visible()
