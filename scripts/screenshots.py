"""Pictures of every page of the console, taken of a real stack in which three things went wrong."""

import json
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from tests.support.browser import NARROW, WIDE, chromium
from tests.support.stack import LiveStack
from tests.support.swarms import waiting_swarm
from vrooli.console.page import Page, pages

SHOTS = Path(__file__).parents[1] / "docs" / "screenshots"
QUALITY = 60
"""Of JPEG: still sharp, and all of them together are below 4 MB."""

EXAMPLES = {
    "/services/{name}": "/services/orders",
    "/checks/{id}": "/checks/payments",
    "/routines/{name}": "/routines/signed-note",
}
"""One of each page whose address has a name in it; others are asked for."""

OTHERS = {"status-page": "/status"}
"""What is shown and is none of the pages."""

NOTE = Path(__file__).parents[1] / "examples" / "signed-note.yaml"
"""A routine that waits for somebody."""

Scheme = Literal["light", "dark"]
LOOKS: dict[str, tuple[int, Scheme]] = {
    "light": (WIDE, "light"),
    "dark": (WIDE, "dark"),
    "narrow": (NARROW, "light"),
}


@contextmanager
def broken_stack() -> Iterator[LiveStack]:
    """One service was killed and is well again, one cannot be started, a partner's is away."""
    with closing(LiveStack()) as stack:
        stack.with_postgres_and_server()
        stack.console()
        stack.plan_backups()
        can_start = stack.touch("can-start")
        stack.add("orders", needs=["postgres"])
        stack.add("mailer", "--crash-unless", can_start.name, needs=["orders"])
        partner = f"127.0.0.1:{stack.port('nobody')}"
        stack.check("payments", kind="endpoint-tcp", interval=1, address=partner)
        stack.write()
        stack.up()
        _backed_up(stack)
        stack.kill("orders", signal.SIGKILL)
        stack.until(lambda: "healed" in stack.outcomes("orders"), "orders is healed")
        can_start.unlink()
        stack.kill("mailer", signal.SIGKILL)
        stack.until(lambda: "ineffective" in stack.outcomes("mailer"), "it is given up")
        stack.until_result("payments", "critical")
        assert stack.run("routine", "add", str(NOTE)).returncode == 0
        yield stack


def _backed_up(stack: LiveStack) -> None:
    """Two points that hold, one at which nobody looked, and two restores for practice."""
    for options in ((), ("--no-verify",), ()):
        assert stack.run("backup", "run", *options).returncode == 0
    for _ in range(2):
        assert stack.run("backup", "drill", "--busy").returncode == 0


def names() -> set[str]:
    """Of all pictures that there are to be, without what each looks like."""
    return {name_of(one) for one in pages()} | set(OTHERS)


def name_of(page: Page) -> str:
    """Of the pictures of a page."""
    return page.title.lower().replace(" ", "-")


def file_of(name: str, look: str) -> Path:
    """Where one lies."""
    return SHOTS / f"{name}-{look}.jpg"


def addresses(examples: Mapping[str, str]) -> dict[str, str]:
    """What is taken, by the name of its pictures; a page without an example is a mistake."""
    found = {name_of(one): examples.get(one.path, one.path) for one in pages()} | OTHERS
    missing = [path for path in found.values() if "{" in path]
    if missing:
        raise SystemExit(f"no example in scripts/screenshots.py for {', '.join(missing)}")
    return found


def main() -> None:
    """Write them all."""
    SHOTS.mkdir(exist_ok=True)
    with broken_stack() as stack, chromium() as browser:
        taken = addresses({**EXAMPLES, **_made(stack)})
        for old in SHOTS.glob("*.jpg"):
            old.unlink()
        for name, (width, scheme) in LOOKS.items():
            _take(stack, browser, (name, width, scheme), taken)


def _made(stack: LiveStack) -> dict[str, str]:
    """Examples that have another address each time."""
    started = stack.until(lambda: _started(stack), "a run is started")
    stack.until(lambda: _waits(stack, started["id"]), "the run waits for somebody")
    swarms = waiting_swarm(stack), waiting_swarm(stack)
    return {
        "/heals/{id}": f"/heals/{stack.heals('orders')[-1]['id']}",
        "/runs/{id}": f"/runs/{started['id']}",
        "/swarms/{id}": f"/swarms/{swarms[0]}",
        "/swarms/compare": f"/swarms/compare?one={swarms[0]}&other={swarms[1]}",
    }


def _started(stack: LiveStack) -> dict[str, str]:
    """Nothing while the server is busy: then it says so instead."""
    told: dict[str, str] = json.loads(stack.run("run", "start", "signed-note", "--json").stdout)
    return told if "id" in told else {}


def _waits(stack: LiveStack, run: str) -> bool:
    told = json.loads(stack.run("run", "show", run, "--json").stdout)
    return bool(told.get("status") == "waiting")


def _take(
    stack: LiveStack, browser: Browser, look: tuple[str, int, Scheme], taken: Mapping[str, str]
) -> None:
    name, width, scheme = look
    size = {"width": width, "height": 900}
    with closing(browser.new_context(viewport=size, color_scheme=scheme)) as context:  # type: ignore[arg-type]  # a size
        page = context.new_page()
        page.goto(json.loads(stack.run("console", "link", "--json").stdout)["url"])
        page.get_by_role("button", name="Sign in by the link").click()
        page.wait_for_load_state("networkidle")
        for which, path in taken.items():
            page.goto(stack.url("console", path))
            page.wait_for_load_state("networkidle")
            file = file_of(which, name)
            page.screenshot(path=file, type="jpeg", quality=QUALITY)
            print(os.path.relpath(file))


if __name__ == "__main__":
    main()
