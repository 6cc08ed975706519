"""What is wrong now: of services, and of the machine. Pure, and how that is shown."""

from dataclasses import dataclass

from vrooli.console.feed import Health
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.standing import LEVELS, Level, first_line, standings


@dataclass(frozen=True, slots=True)
class Problem:
    """One of them.

    Attributes:
        name: of the service or check; `to` is its page.
        level, word: how bad it is.
        message: what is wrong.
        doing: what is done about it.
    """

    name: str
    to: str
    level: Level
    word: str
    message: str
    doing: str


def problems(health: Health) -> list[Problem]:
    """The worst first; what only waits for another stands behind what fails itself."""
    services = sorted(
        (one for one in standings(health.status) if one.is_problem),
        key=lambda one: (LEVELS.index(one.level), one.waits),
    )
    found = [
        Problem(one.name, f"/services/{one.name}", one.level, one.word, one.message, one.doing)
        for one in services
    ]
    for row in health.status.get("problems", ()):
        name, level = str(row["check"]), row["status"]
        message = first_line(str(row["message"]))
        found.append(Problem(name, f"/checks/{name}", level, level, message, ""))
    return sorted(found, key=lambda one: LEVELS.index(one.level))


def show_problems(found: list[Problem]) -> None:
    """As a list; nothing where nothing is wrong."""
    if not found:
        return
    Tag("h2", "Wrong now" if len(found) == 1 else f"Wrong now: {len(found)}")
    with Tag("ul", "", "problems"):
        for one in found:
            with Tag("li", "", f"card {one.level}"):
                with Tag("div", "", "head"):
                    link(one.name, one.to)
                    Tag("span", one.word, f"state {one.level}")
                if one.message:
                    Tag("p", one.message, "message")
                if one.doing:
                    Tag("p", one.doing, "doing")
