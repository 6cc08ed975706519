"""One check: what it found and since when, why it matters, its past, what can be done."""

from collections.abc import Mapping
from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.absent import show_absent
from vrooli.console.parts.addresses import address
from vrooli.console.parts.check_facts import show_check
from vrooli.console.parts.folds import show_explanation
from vrooli.console.parts.html import Tag
from vrooli.console.parts.past import Past
from vrooli.console.parts.recovering import Ladder
from vrooli.console.parts.restraining import Restraining

OF_SERVICES = ("resource", "scenario")
"""Categories of checks with a service behind them, of which their id begins."""


def service_behind(check: Mapping[str, Any], services: list[str]) -> str:
    """The service whose check this is; empty for one of the machine. Pure."""
    category, _, name = str(check["id"]).partition("-")
    return name if category in OF_SERVICES and name in services else ""


def heading_of(check: Mapping[str, Any], service: str) -> str:
    """What it is about; one of several of its kind by its own name first. Pure."""
    title = str(check["title"])
    return title if service or check["id"] == check["kind"] else f"{check['id']}: {title}"


async def build(view: View) -> None:
    """The page."""
    wanted, watchdog = view.path["id"][:255], view.acting.watchdog
    checks = await view.acting.ask(watchdog.checks)
    check: dict[str, Any] | None = next((one for one in checks if one["id"] == wanted), None)
    if check is None:
        there_are = [(one["id"], address("checks", one["id"])) for one in checks]
        show_absent(f"There is no check {wanted} here.", there_are)
        return
    status = await view.acting.ask(watchdog.status)
    service = service_behind(check, [one["name"] for one in status["services"]])
    subjects = (service, wanted) if service else (wanted,)
    past = Past(view, wanted, subjects, check["thresholds"])
    await past.read()
    Tag("h1", heading_of(check, service))
    show_check(view, past, check, service)
    past.show(address("checks", wanted))
    await Ladder(view, subjects[0]).show()
    await Restraining(view, subjects, is_service=bool(service)).show()
    if service:
        show_explanation(view, service)
    past.show_heals()


PAGE = Page("/checks/{id}", "Check", "fact_check", build, own_heading=True)
