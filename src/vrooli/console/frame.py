"""What is around every page: name, menu, who is signed in, and whether anything is out of reach."""

from nicegui import ui

from vrooli.console.page import Page, View
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.live import Live


def framed(page: Page, view: View, menu: list[Page]) -> ui.element:
    """The frame; what is built inside of the element that it gives is the page."""
    _only_one_main()
    Tag("a", "Skip to the page", "skip", href="#page")
    with Tag("header", "", "top", role="banner"):
        link("Vrooli", "/", "brand")
        folded = {"aria_controls": "menu", "aria_expanded": "false", "data_unfold": ""}
        Tag("button", "Menu", "unfold", type="button", **folded)
        _menu(page, menu, view)
        _person(view)
    banner = Live(lambda: _out_of_reach(view), _banner, "div", "banners")
    view.feed.changed.subscribe(banner.look)
    unconfirmed = Live(lambda: view.acting.unconfirmed, _only_looking, "div", "banners")
    view.feed.changed.subscribe(unconfirmed.look)
    main = Tag("main", "", "page", id="page", tabindex="-1")
    if not page.own_heading:
        with main:
            Tag("h1", page.title)
    return main


def _only_one_main() -> None:
    """The page of Quasar around everything is a `main` as well, which would have the menu in it."""
    around = ui.context.client.content.parent_slot
    if around is not None:
        around.parent.tag = "div"


def _menu(page: Page, menu: list[Page], view: View) -> None:
    with Tag("nav", "", "menu", id="menu", aria_label="Pages"):
        for one in menu:
            here = {"aria_current": "page"} if one.path == page.path else {}
            with Tag("a", "", "", href=one.path, **here):
                Tag("span", one.icon, "material-icons", aria_hidden="true")
                Tag("span", one.title)
                if one.beside is not None:
                    one.beside(view)


def _person(view: View) -> None:
    person = view.acting.person
    with Tag("form", "", "person", method="post", action="/logout"):
        Tag("span", person.name, "name", title=f"{person.name}, role: {person.role}")
        with Tag("button", "", "quiet", type="button", data_theme="", title="Light or dark"):
            Tag("span", "contrast", "material-icons", aria_hidden="true")
            Tag("span", "Light or dark", "unseen")
        Tag("button", "Sign out", "quiet", type="submit")


def _out_of_reach(view: View) -> tuple[str, float, float]:
    """Why the watchdog does not answer, since when, and from when is what is shown."""
    health = view.feed.health
    return health.trouble, health.since, health.at if health.trouble else 0.0


def _banner(seen: tuple[str, float, float]) -> None:
    trouble, since, at = seen
    if not trouble:
        return
    with Tag("div", "", "banner critical"):
        # Times that tick stay out of what is read aloud whenever it changes.
        with Tag("span", "", "", role="alert"):
            Tag("strong", "The watchdog does not answer. ")
            Tag("span", f"{trouble[:1].upper()}{trouble[1:]}. ")
        Tag("span", "Noticed ")
        moment(since, since=True)
        Tag("span", ". ")
        if at:
            Tag("span", "What is shown here is as it was ")
            moment(at, since=True)
            Tag("span", ". ")
        Tag("span", "Services run on. `vrooli up` starts it, or replaces one that hangs.")


def _only_looking(since: float) -> None:
    if not since:
        return
    with Tag("div", "", "banner warning", role="status"):
        Tag("strong", "You may only look. ")
        Tag("span", "The server has not confirmed your role since ")
        moment(since, since=True)
        Tag("span", "; when it answers again, you have it back. On the machine itself, ")
        Tag("code", "vrooli console link")
        Tag("span", " prints a link that signs in the owner of the stack meanwhile.")
