"""How soon the first page of the console is there, with many services and a month of history; and
what the console holds in memory while people look.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from time import time

from playwright.sync_api import BrowserContext, sync_playwright

from bench._figures import percentile, publish, say
from bench._lab import Lab, lab
from bench._ours import Ours
from bench._process import rss
from tests.support.ports import free_port
from vrooli.autoheal import spool

SERVICES = 200
DAYS = 30
ROUNDS = 7
PAGES = 5
DAY = 86_400.0
DOWN = 120.0
"""Seconds of a day in which each service was down."""

CHROMIUM = "/usr/bin/chromium"
_WHEN_ALL_IS_THERE = """
const wanted = %d;
const look = () => {
  const cards = document.querySelectorAll('.services article vrooli-bars svg');
  if (cards.length >= wanted * 2) window.allThere = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def main() -> None:
    """Measure and print."""
    with lab() as place, _peer() as port, _stack(place, port) as stack:
        link = stack.run("console", "link").stdout.strip()
        pid, watchdog = stack.pid("console"), stack.pid("autoheal")
        alone = rss(watchdog)
        with sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            context = browser.new_context(viewport={"width": 1200, "height": 900})
            context.add_init_script(_WHEN_ALL_IS_THERE % SERVICES)
            cold = _opening(context, link)
            start = link.partition("/login")[0]
            found = [_opening(context, start) for _ in range(PAGES - 1)]
            held, grown = rss(pid), rss(watchdog) - alone
            for page in context.pages:
                page.close()
            found += [_opening(context, start) for _ in range(ROUNDS)]
            browser.close()
    painted, there = [one for one, _ in found], [one for _, one in found]
    rows = {"first contentful paint": painted, "the last card": there}
    publish(f"Overview of {SERVICES} services, {DAYS} days", rows, {})
    say(f"  the first time after its start: paint {cold[0]:.2f} s, last card {cold[1]:.2f} s")
    say(f"  p50: paint {percentile(painted, 0.5):.2f} s, last card {percentile(there, 0.5):.2f} s")
    say(f"  RSS of the console with {PAGES} open pages {held:.1f} MiB")
    say(f"  the watchdog's RSS beside one without any: {grown:+.1f} MiB")


def _opening(context: BrowserContext, url: str) -> tuple[float, float]:
    """Seconds until paint and last card; the page stays open."""
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(f"window.allThere && {_PAINTED}")
    return page.evaluate(_PAINTED) / 1000, page.evaluate("window.allThere") / 1000


@contextmanager
def _stack(place: Lab, port: int) -> Iterator[Ours]:
    """All services are the same peer, which is watched only; so is their past."""
    stack = Ours(place)
    lines = ["[scenarios.console]", f"port = {free_port()}"]
    for number in range(SERVICES):
        lines += [f"[resources.service{number:03}]", 'kind = "tcp"', 'runtime = "external"']
        lines += ['host = "127.0.0.1"', f"port = {port}"]
    stack.write(5.0, (), "\n".join(lines))
    _fill(stack.home)
    try:
        ended = stack.run("up")
        if ended.returncode != 0:
            raise RuntimeError(ended.stderr)
        yield stack
    finally:
        stack.run("down")


def _fill(home: Path) -> None:
    """A spool as the watchdogs of the days before would have left it: stretches."""
    home.mkdir(mode=0o700)
    now = time()
    subjects = ["scenario-autoheal", *(f"resource-service{n:03}" for n in range(SERVICES))]
    query = (
        "INSERT INTO stretches(subject, state, began, ended, every, why) VALUES (?, ?, ?, ?, 5, ?)"
    )
    with closing(spool.open_spool(home / "spool.db", now).connection) as connection:
        connection.execute("BEGIN")
        for day in range(DAYS):
            began = now - (DAYS - day) * DAY
            for subject in subjects:
                connection.execute(query, (subject, "ok", began, began + DAY - DOWN, "answers"))
                last = (subject, "critical", began + DAY - DOWN, began + DAY, "refused")
                connection.execute(query, last)
        connection.execute("COMMIT")


@contextmanager
def _peer() -> Iterator[int]:
    """Something that accepts connections, and leaves it to others to close them."""

    class Silent(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1)

    class Accepting(ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 1024

    with Accepting(("127.0.0.1", 0), Silent) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()


if __name__ == "__main__":
    main()
