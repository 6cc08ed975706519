"""Other hosts, and the servers of this stack."""

from dataclasses import dataclass

from nicegui import ui

from vrooli.console.page import Page, View
from vrooli.console.parts.hosts import Host, Server, away, hosts, servers, summary
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.live import Live, Spoken
from vrooli.core.errors import AccessDenied, DeadlineExceeded, Unreachable, VrooliError

EVERY = 10.0
"""Seconds after which the hosts are asked for again."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """What the server said, or why it said nothing and what helps.

    Attributes:
        found: all hosts; of a server that is away, those that it told of before.
        trouble, next_step: why they cannot be told, and what helps; empty when they are.
        away: whether that is because the server does not answer.
    """

    found: tuple[Host, ...] = ()
    trouble: str = ""
    next_step: str = ""
    away: bool = False


async def build(view: View) -> None:
    """The page."""
    await view.feed.known()
    now = [await _asked(view, ())]
    spoken = Spoken(lambda: _spoken(now[0]))
    all_hosts = Live(lambda: (now[0], _why(view)), lambda seen: _hosts(*seen), "section")
    view.feed.changed.subscribe(all_hosts.look)
    Tag("h2", "Servers of this stack")
    own = Live(lambda: servers(view.feed.health.status, view.feed.past.checks), _servers, "section")
    view.feed.changed.subscribe(own.look)

    async def again() -> None:
        now[0] = await _asked(view, now[0].found)
        all_hosts.look()
        spoken.look()

    ui.timer(EVERY, again, immediate=False)


def _why(view: View) -> str:
    return away(servers(view.feed.health.status, view.feed.past.checks))


def _spoken(said: Hosts) -> str:
    if said.away:
        return "The server is away: nobody knows how the other hosts are."
    if said.trouble:
        return f"Other hosts cannot be shown. {said.trouble}."
    return summary(list(said.found))[1]


async def _asked(view: View, before: tuple[Host, ...]) -> Hosts:
    try:
        rows = await view.acting.ask(lambda: view.acting.fleet.hosts())
    except AccessDenied as error:
        return Hosts((), error.what, error.next_step or "ask an admin for the role operator")
    except (Unreachable, DeadlineExceeded) as error:
        if view.acting.ways.settings.server is None:
            return Hosts((), error.what, error.next_step or "")
        return Hosts(before, error.what, "`vrooli up server` starts it", away=True)
    except VrooliError as error:
        return Hosts((), error.what, error.next_step or "`vrooli logs server` says more")
    return Hosts(tuple(hosts(rows)))


def _hosts(said: Hosts, why: str) -> None:
    if said.away:
        _away(said, why)
        return
    if said.trouble:
        with Tag("div", "", "banner warning", role="status"):
            Tag("strong", "Other hosts cannot be shown. ")
            Tag("p", f"{said.trouble}.")
            Tag("p", f"Next: {said.next_step}.", "next")
        return
    if not said.found:
        with Tag("div", "", "empty"):
            Tag("p", "No other host posts to this server. Add one here; its token is printed once:")
            Tag("pre", "vrooli host add NAME")
            Tag("p", "Then name that token in [fleet] of vrooli.toml on the other host.")
        return
    level, words = summary(list(said.found))
    Tag("div", words, f"verdict {level}")
    with Tag("ul", "", "cards"):
        for one in said.found:
            _host(one)


def _away(said: Hosts, why: str) -> None:
    """Whom hosts post to is down: what that means, and what was known before."""
    with Tag("div", "", "banner critical"):
        Tag("strong", "The server is away: nobody knows how the other hosts are. ")
        Tag("p", f"{why} It alone hears of them ({said.trouble}).")
        Tag("p", "They go on by themselves, and post what they missed once it is back.")
        Tag("p", f"Next: {said.next_step}.", "next")
    if said.found:
        Tag("h2", "As last known")
        with Tag("ul", "", "cards"):
            for one in said.found:
                _host(one, stale=True)


def _host(one: Host, *, stale: bool = False) -> None:
    with Tag("li", "", "card stale" if stale else f"card {one.level}"):
        with Tag("div", "", "head"):
            Tag("strong", one.name)
            Tag("span", one.word, f"state {'unknown' if stale else one.level}")
        with Tag("p", "", "soft"):
            Tag("span", "last heard: " if one.seen else "never heard")
            if one.seen:
                moment(one.seen, since=True)
        if one.stack:
            Tag("p", f"stack {one.stack}, version {one.version or 'not known'}", "soft")
        if one.behind:
            Tag("p", f"{one.behind} records are still to come", "soft")
        for problem in one.problems:
            Tag("p", problem, "message")


def _servers(found: list[Server]) -> None:
    if not found:
        with Tag("div", "", "empty"):
            Tag("p", "This stack has no server, which does the work and keeps the fleet's history.")
            Tag("pre", "[scenarios.server]")
        return
    with Tag("ul", "", "cards"):
        for one in found:
            with Tag("li", "", f"card {one.level}"):
                with Tag("div", "", "head"):
                    link(one.name, f"/services/{one.name}")
                    Tag("span", one.word, f"state {one.level}")
                if one.url:
                    Tag("p", one.url, "soft")
                if one.message:
                    Tag("p", one.message, "message")


PAGE = Page("/fleet", "Fleet", "dns", build, order=70)
