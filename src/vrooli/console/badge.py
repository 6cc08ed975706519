"""Badges: one word about a service, or about all, as a picture. Pure."""

from html import escape

from vrooli.console.parts.standing import Level
from vrooli.console.public import WORDS, Told

STACK = "stack"
"""Names all of it, instead of a service."""

MOST = 60
"""Characters of a label."""

_LETTER = 6.8
_PADDING = 10
_COLOURS: dict[Level, str] = {
    "ok": "#116b35",
    "warning": "#7a4b00",
    "critical": "#a31414",
    "unknown": "#4a5563",
    "off": "#4a5563",
}


def badge_of(name: str, found: Told) -> tuple[str, Level, str] | None:
    """Label, level and word of a service, or of all; None when there is none of that name."""
    service = next((one for one in found.services if one.name == name), None)
    if service is not None:
        return service.name, service.level, service.word
    if name != STACK:
        return None
    if found.level in ("unknown", "ok"):
        return STACK, found.level, WORDS[found.level]
    bad = [one for one in found.services if one.level == found.level]
    return STACK, found.level, f"{len(bad)} of {len(found.services)} {WORDS[found.level]}"


def badge(label: str, level: Level, word: str) -> bytes:
    """The picture, as SVG."""
    label, word = label[:MOST], word[:MOST]
    left, right = (round(len(text) * _LETTER) + _PADDING for text in (label, word))
    said = escape(f"{label}: {word}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img"'
        f' aria-label="{said}"><title>{said}</title>'
        f'<rect width="{left + right}" height="20" rx="3" fill="#3b4450"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3}z"'
        f' fill="{_COLOURS[level]}"/>'
        '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif"'
        ' font-size="11">'
        f'<text x="{left / 2}" y="14">{escape(label)}</text>'
        f'<text x="{left + right / 2}" y="14">{escape(word)}</text></g></svg>\n'
    ).encode()
