"""Pictures of every page of the console, taken of a real stack in which three things went wrong."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from tests.support.browser import NARROW, WIDE, chromium
from tests.support.stack import LiveStack
from vrooli.console.page import pages

SHOTS = Path(__file__).parents[1] / "docs" / "screenshots"
QUALITY = 60
"""Of JPEG: still sharp, and all of them together are below 2 MB."""

EXAMPLES = {"/services/{name}": "/services/orders", "/checks/{id}": "/checks/payments"}
"""One of each page whose address has a name in it; those of heals are asked for."""

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
        can_start = stack.touch("can-start")
        stack.add("orders", needs=["postgres"])
        stack.add("mailer", "--crash-unless", can_start.name, needs=["orders"])
        partner = f"127.0.0.1:{stack.port('nobody')}"
        stack.check("payments", kind="endpoint-tcp", interval=1, address=partner)
        stack.write()
        stack.up()
        stack.kill("orders", signal.SIGKILL)
        stack.until(lambda: "healed" in stack.outcomes("orders"), "orders is healed")
        can_start.unlink()
        stack.kill("mailer", signal.SIGKILL)
        stack.until(lambda: "ineffective" in stack.outcomes("mailer"), "it is given up")
        stack.until_result("payments", "critical")
        yield stack


def main() -> None:
    """Write them all."""
    SHOTS.mkdir(exist_ok=True)
    for old in SHOTS.glob("*.jpg"):
        old.unlink()
    with broken_stack() as stack, chromium() as browser:
        heal = {"/heals/{id}": f"/heals/{stack.heals('orders')[-1]['id']}"}
        examples = {**EXAMPLES, **heal}
        for name, (width, scheme) in LOOKS.items():
            _take(stack, browser, (name, width, scheme), examples)


def _take(
    stack: LiveStack, browser: Browser, look: tuple[str, int, Scheme], examples: dict[str, str]
) -> None:
    name, width, scheme = look
    size = {"width": width, "height": 900}
    with closing(browser.new_context(viewport=size, color_scheme=scheme)) as context:  # type: ignore[arg-type]  # a size
        page = context.new_page()
        page.goto(json.loads(stack.run("console", "link", "--json").stdout)["url"])
        page.get_by_role("button", name="Sign in by the link").click()
        page.wait_for_load_state("networkidle")
        for one in pages():
            path = examples.get(one.path, one.path)
            if "{" in path:
                continue
            page.goto(stack.url("console", path))
            page.wait_for_load_state("networkidle")
            file = SHOTS / f"{one.title.lower().replace(' ', '-')}-{name}.jpg"
            page.screenshot(path=file, type="jpeg", quality=QUALITY)
            print(os.path.relpath(file))


if __name__ == "__main__":
    main()
