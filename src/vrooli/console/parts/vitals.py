"""How the machine is: what its checks measured. Pure, and how that is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.standing import Level, first_line

SHOWN = ("system-load", "system-memory", "system-disk", "system-swap")


@dataclass(frozen=True, slots=True)
class Vital:
    """One value of the machine; `share` of 100 where it is one."""

    check: str
    title: str
    level: Level
    message: str
    share: float | None = None


def vitals(checks: Iterable[Mapping[str, Any]]) -> list[Vital]:
    """Load, memory, disk and swap, as far as they were looked at."""
    rows = {str(one["id"]): one for one in checks}
    return [_vital(rows[name]) for name in SHOWN if name in rows and rows[name]["result"]]


def _vital(check: Mapping[str, Any]) -> Vital:
    result = check["result"]
    level: Level = result["status"] if result["applicable"] else "off"
    percent = result["unit"] == "%" and result["value"] is not None
    message = first_line(str(result["message"]))
    share = min(100.0, max(0.0, float(result["value"]))) if percent else None
    return Vital(str(check["id"]), str(check["title"]), level, message, share)


def show_vitals(found: list[Vital], stale: bool = False) -> None:
    """As tiles. `stale`: nobody knows whether it is still so."""
    if not found:
        Tag("p", "The machine was not looked at yet.", "soft")
        return
    with Tag("ul", "", "cards vitals"):
        for one in found:
            with Tag("li", "", "card stale" if stale else f"card {one.level}"):
                link(one.title, f"/checks/{one.check}")
                if stale:
                    Tag("span", "as last known", "state unknown")
                elif one.level not in ("ok", "off"):
                    Tag("span", one.level, f"state {one.level}")
                Tag("p", one.message)
                if one.share is not None:
                    said = f"{one.title}: {one.share:.0f} % used"
                    Tag("meter", "", min=0, max=100, value=round(one.share), aria_label=said)
