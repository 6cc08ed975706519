"""Every page there is: fits, is open to all, and asks nobody else."""

from collections.abc import Mapping
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.support.browser import NARROW, Watched
from vrooli.console.page import pages

SERIOUS = ("serious", "critical")
PATHS = [one.path for one in pages()]


@pytest.fixture(scope="package")
def examples(run: str, heal: str, swarm: str) -> Mapping[str, str]:
    """One of each page whose address has a name in it."""
    return {
        "/checks/{id}": "/checks/scenario-web",
        "/heals/{id}": f"/heals/{quote(heal)}",
        "/routines/{name}": "/routines/signed-note",
        "/runs/{id}": f"/runs/{run}",
        "/services/{name}": "/services/web",
        "/swarms/{id}": f"/swarms/{swarm}",
        "/swarms/compare": f"/swarms/compare?one={swarm}&other={swarm}",
    }


@pytest.mark.parametrize("path", PATHS)
def test_every_page_fits_is_open_to_all_and_asks_nobody_else(
    opened: Watched, path: str, examples: Mapping[str, str]
) -> None:
    assert "{" not in path or path in examples, "write one of these into `examples`"
    path = examples.get(path, path)
    page = opened.go(path)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.locator(".trouble, .absent")).to_have_count(0)
    for scheme in ("light", "dark"):
        page.evaluate(f"localStorage.setItem('theme', '{scheme}')")
        opened.go(path)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        barriers = [
            (one["id"], [node["html"][:160] for node in one["nodes"]])
            for one in found
            if one["impact"] in SERIOUS
        ]
        assert barriers == [], f"{path} in {scheme}"
    page.set_viewport_size({"width": NARROW, "height": 800})
    opened.go(path)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= NARROW, f"{path} is {wide} pixels wide"
