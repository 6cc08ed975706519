"""How soon the first page of the console is there: of a small stack, and of one with many services
and a month of history; and what the console holds in memory while people look.
"""

from dataclasses import dataclass

from playwright.sync_api import BrowserContext, sync_playwright

from bench._arguments import json_wanted
from bench._figures import percentile, publish, say
from bench._lab import lab
from bench._many import ARGUMENTS, CHROMIUM, DAYS, SERVICES, many, peer
from bench._process import rss

FEW = 8
ROUNDS = 7
PAGES = 5

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


@dataclass(frozen=True, slots=True)
class Found:
    """Of one stack: pairs of seconds until the first paint and until the last card.

    Attributes:
        cold: of the first page after the start of the console.
        warm: of those after it.
        held: MiB of the console with `PAGES` open pages.
    """

    cold: tuple[float, float]
    warm: list[tuple[float, float]]
    held: float


def main() -> None:
    """Measure and print."""
    as_json = json_wanted(__doc__)
    small, large = _measured(FEW), _measured(SERVICES)
    named = {f"{FEW} services": small, f"{SERVICES} services": large}
    rows = {
        f"{name}: {what}": [pair[index] for pair in found.warm]
        for name, found in named.items()
        for index, what in enumerate(("first contentful paint", "the last card"))
    }
    paints = [percentile([paint for paint, _ in one.warm], 0.5) for one in (large, small)]
    ratios = {f"{SERVICES} to {FEW} services, paint": f"{paints[0] / paints[1]:.1f} x"}
    publish(f"Overview, {DAYS} days of history", rows, ratios, as_json=as_json)
    for name, one in named.items():
        cold = f"paint {one.cold[0]:.2f} s, last card {one.cold[1]:.2f} s"
        say(f"  {name}, the first time after its start: {cold}")
        say(f"  {name}: RSS of the console with {PAGES} open pages {one.held:.1f} MiB")


def _measured(services: int) -> Found:
    with lab() as place, peer() as port, many(place, port, services) as stack:
        link = stack.run("console", "link").stdout.strip()
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            context = browser.new_context(viewport={"width": 1200, "height": 900})
            context.add_init_script(_WHEN_ALL_IS_THERE % services)
            start = link.partition("/login")[0]
            door = context.new_page()
            door.goto(link)
            door.get_by_role("button", name="Sign in by the link").click(no_wait_after=True)
            door.wait_for_url(lambda url: "/login" not in url, wait_until="commit")
            door.close()
            cold = _opening(context, start)
            found = [_opening(context, start) for _ in range(PAGES - 1)]
            held = rss(stack.pid("console"))
            for page in context.pages:
                page.close()
            found += [_opening(context, start) for _ in range(ROUNDS)]
            browser.close()
    return Found(cold, found, held)


def _opening(context: BrowserContext, url: str) -> tuple[float, float]:
    """Seconds until paint and last card; the page stays open."""
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(f"window.allThere && {_PAINTED}")
    return page.evaluate(_PAINTED) / 1000, page.evaluate("window.allThere") / 1000


if __name__ == "__main__":
    main()
