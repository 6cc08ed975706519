"""One service: how it is and since when, its past, and all that one can do about it."""

from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.absent import show_absent
from vrooli.console.parts.addresses import address
from vrooli.console.parts.folds import show_explanation
from vrooli.console.parts.html import Tag
from vrooli.console.parts.log_tail import LogTail
from vrooli.console.parts.past import Past
from vrooli.console.parts.recovering import Ladder
from vrooli.console.parts.restraining import Restraining
from vrooli.console.parts.service_facts import show_facts
from vrooli.console.parts.steering import Steering


async def build(view: View) -> None:
    """The page."""
    name = view.path["name"][:255]
    status = await view.acting.ask(view.acting.watchdog.status)
    found = _row(status["services"], name)
    if found is None:
        names = [one["name"] for one in status["services"]]
        there_are = [(one, address("services", one)) for one in names]
        show_absent(f"There is no service {name} in this stack.", there_are)
        return
    check = f"{found['kind']}-{name}"
    past = Past(view, check, (name, check), None)
    await past.read()
    Tag("h1", name)
    show_facts(view, past, found)
    Steering(view, found).show()
    past.show(address("services", name))
    await Ladder(view, name).show()
    await Restraining(view, (name, check), is_service=True).show()
    show_explanation(view, name)
    if found["state"] != "external":
        LogTail(view, name).show()
    past.show_heals()


def _row(services: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next((one for one in services if one["name"] == name), None)


PAGE = Page("/services/{name}", "Service", "dns", build, own_heading=True)
