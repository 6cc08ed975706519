"""What the watchdog pays while people look at the console: memory, processor time and questions,
with nobody, with one open page and with twenty.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep

from playwright.sync_api import BrowserContext, sync_playwright

from bench._arguments import parser
from bench._figures import machine, percentile, say
from bench._lab import lab
from bench._many import ARGUMENTS, CHROMIUM, DAYS, SERVICES, many, peer
from bench._ours import Ours
from bench._process import cost
from tests.support.ports import free_port
from vrooli.stack.compile_console import WATCHDOG_VARIABLE

ROUNDS = 3
SECONDS = 65.0
"""Of one look: what is asked once in a minute is in each."""

SETTLED = 90.0
"""Seconds after which a watchdog that nobody asks has grown as far as it does."""


@dataclass
class Relay:
    """Stands between console and watchdog, and counts the questions: each has its connection."""

    port: int
    to: int = 0
    asked: int = 0

    async def serve(self) -> None:
        """Until cancelled."""
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)
        await server.serve_forever()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        await asyncio.gather(_copy(reader, back), _copy(there, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # one of the two has left
    writer.close()


@dataclass(frozen=True, slots=True)
class Look:
    """MiB at the end; percent of one core; questions a second."""

    rss: float
    share: float
    asked: float


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    with _relay() as relay, lab() as place, peer() as port:
        extra = f'env = {{ {WATCHDOG_VARIABLE} = "http://127.0.0.1:{relay.port}" }}'
        with many(place, port, SERVICES, extra) as stack:
            relay.to = int(stack.client.stack()["autoheal"]["port"])
            found = _rounds(stack, relay)
    say(f"The watchdog of {SERVICES} services, {DAYS} days, while people look\n{machine()}")
    for pages, looks in found.items():
        memory, share, asked = (
            percentile([getattr(one, name) for one in looks], 0.5)
            for name in ("rss", "share", "asked")
        )
        text = f"RSS {memory:.1f} MiB, CPU {share:.2f} %, {asked:.2f} questions/s"
        say(f"  {pages:>2} open pages  n={len(looks)}  p50: {text}")
    nobody, many_ = found[0][0], found[20][-1]
    say(f"  RSS from the first look to the last: {many_.rss - nobody.rss:+.1f} MiB")


def _rounds(stack: Ours, relay: Relay) -> dict[int, list[Look]]:
    pid = stack.pid("autoheal")
    found: dict[int, list[Look]] = {0: [], 1: [], 20: []}
    sleep(SETTLED)
    link = stack.run("console", "link").stdout.strip()
    found[0].append(_look(pid, relay))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = browser.new_context()
        page = context.new_page()
        page.goto(link)
        page.get_by_role("button", name="Sign in by the link").click()
        page.wait_for_url(lambda url: "/login" not in url)
        for _ in range(ROUNDS):
            for pages in (1, 20):
                _open(context, link.partition("/login")[0], pages)
                found[pages].append(_look(pid, relay))
        browser.close()
    for _ in range(ROUNDS - 1):
        sleep(SECONDS)  # the console keeps a page for a while after its browser has gone
        found[0].append(_look(pid, relay))
    return found


def _look(pid: int, relay: Relay) -> Look:
    before = relay.asked
    paid = cost(pid, SECONDS)
    return Look(paid.rss, paid.share, (relay.asked - before) / SECONDS)


def _open(context: BrowserContext, start: str, pages: int) -> None:
    for page in context.pages[pages:]:
        page.close()
    while len(context.pages) < pages:
        page = context.new_page()
        page.goto(start)
        page.wait_for_selector(".services article")


@contextmanager
def _relay() -> Iterator[Relay]:
    relay, loop = Relay(free_port()), asyncio.new_event_loop()
    task = loop.create_task(relay.serve())

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(5.0)


if __name__ == "__main__":
    main()
