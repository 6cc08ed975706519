"""By apprise: mail, chats, push services, SMS gateways and hooks of one's own, each by a URL."""

import re
from urllib.parse import quote, unquote, urlsplit

from vrooli.notify.channel import Answer, Way
from vrooli.notify.message import Kind, Message, Severity

_TYPES = {Severity.CRITICAL: "failure", Severity.WARNING: "warning", Severity.INFO: "info"}

_HOOKS = ("json", "jsons", "xml", "xmls", "form", "forms")
"""Schemes that are somebody's own program: it gets the key as a header, to drop what it has."""

_SHOWN = 3
"""Characters: a shorter part of an address is no secret."""


def send(url: str, message: Message) -> Answer:
    """Tell it."""
    import apprise  # here, because it brings 40 MiB with it

    asset = apprise.AppriseAsset(app_id="Vrooli", app_desc="Vrooli", app_url="", async_mode=False)
    told = apprise.Apprise(asset=asset)
    level = apprise.logging.INFO
    with apprise.LogCapture(level=level, fmt="%(message)s") as log:  # type: ignore[no-untyped-call] # theirs
        known = told.add(_with_key(url, message.key))
        ok = bool(known and told.notify(message.body, message.title, _type(message)))
        said = log.getvalue()
    return Answer(ok, _without_secrets(_last(said), url) or ("sent" if ok else "it was refused"))


def _type(message: Message) -> str:
    return "success" if message.kind is Kind.RESOLVED else _TYPES[message.severity]


def _with_key(url: str, key: str) -> str:
    if url.partition("://")[0].lower() not in _HOOKS:
        return url
    return f"{url}{'&' if '?' in url else '?'}+Idempotency-Key={quote(key, safe='')}"


def _last(said: str) -> str:
    """What the service said, without apprise's own beginning."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return "; ".join(line for line in lines if not line.startswith("Notifying "))


def _without_secrets(said: str, url: str) -> str:
    """Every part of the address but its scheme, host and port may be one: none is repeated."""
    parts = re.split(r"[/:@?&=+]+", url.partition("://")[2])
    for part in sorted({*parts, *map(unquote, parts), url}, key=len, reverse=True):
        if len(part) > _SHOWN and part not in _public(url):
            said = said.replace(part, "***")
    return said


def _public(url: str) -> tuple[str, ...]:
    """The name or address of the host, and the port. A token in the host's place has no dots."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", str(parts.port or "")
    except ValueError:
        return ()
    return (host, port) if host == "localhost" or "." in host else (port,)


WAY = Way("apprise", "130 services and hooks, each by its apprise URL", send)
