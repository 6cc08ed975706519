"""Messages, deliveries and settings for tests of what people are told."""

from typing import Any

from vrooli.notify.delivery import Delivery
from vrooli.notify.message import Kind, Message, Severity
from vrooli.notify.pages import Alert
from vrooli.notify.settings import Channel, Settings

HOOK = "json://127.0.0.1:1/"


def message(key: str = "k", kind: Kind = Kind.PAGE, **values: Any) -> Message:
    """A message about `web`."""
    severity = values.pop("severity", Severity.CRITICAL)
    return Message(key, kind, "web", severity, f"title of {key}", "body", 10.0, **values)


def delivery(number: int, incident: str = "", **values: Any) -> Delivery:
    """A delivery to `phone`."""
    kind = values.pop("kind", Kind.PAGE)
    channel = values.pop("channel", "phone")
    origin = values.pop("origin", channel)
    said = message(f"{incident or number}:{kind}", kind, incident=incident)
    return Delivery(number, said, channel, origin, **values)


def settings(**channels: str) -> Settings:
    """Channels by name, each with its second; five messages in ten minutes."""
    names = channels or {"phone": ""}
    found = {name: Channel(name, HOOK, second=second) for name, second in names.items()}
    return Settings(found, flood=5)


def alert(subject: str = "web", **values: Any) -> Alert:
    """Something that needs a person."""
    severity = values.pop("severity", Severity.CRITICAL)
    return Alert(subject, severity, f"{subject} fails", "why")
