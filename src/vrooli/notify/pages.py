"""What an incident makes people hear: one page, one end. Pure: the box and an event to the rows.

- An incident pages once, when it opens. One that is silenced, or that no channel takes, pages when
  that is over, if it is still open and nobody has acknowledged it.
- Its end is told exactly where its page went, acknowledged or not; one that never paged ends in
  silence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from vrooli.notify.box import Box, Row
from vrooli.notify.delivery import Delivery
from vrooli.notify.incident import Acknowledgement, Incident
from vrooli.notify.message import Kind, Message, Severity
from vrooli.notify.outbox import candidates
from vrooli.notify.settings import Settings
from vrooli.notify.silence import silenced


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that needs a person.

    Attributes:
        subject: the service or check that is the root cause.
        severity: how much it matters.
        title, body: what the page says.
    """

    subject: str
    severity: Severity
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and where.

    Attributes:
        at: Unix seconds.
        host: makes keys unique among hosts.
    """

    at: float
    host: str


def open_incident(alert: Alert, stamp: Stamp) -> Incident:
    """A new incident; whom it is told `to_tell` says."""
    return Incident(
        id=f"{int(stamp.at * 1000):013d}-{alert.subject}",
        subject=alert.subject,
        severity=alert.severity,
        title=alert.title,
        body=alert.body,
        opened_at=stamp.at,
    )


def to_tell(box: Box, settings: Settings, stamp: Stamp) -> list[Row]:
    """The pages of open incidents that nobody was told of and somebody has to be."""
    rows: list[Row] = []
    for incident in box.incidents.values():
        channels = settings.taking(incident.severity)
        if incident.told or incident.acknowledged or not channels:
            continue
        if silenced(box.silences.values(), incident.subject, stamp.at):
            continue
        told = replace(incident, told={**dict.fromkeys(channels, "")})
        message = _message(told, Kind.PAGE, (incident.title, incident.body), stamp)
        rows += [told, *address(box, rows, message, channels)]
    return rows


def close_incident(box: Box, incident: Incident, words: tuple[str, str], stamp: Stamp) -> list[Row]:
    """It is over: the incident as it is now, and the news of it, with title and body `words`."""
    closed = replace(incident, closed_at=stamp.at)
    went = {origin: via or origin for origin, via in incident.told.items()}
    message = _message(incident, Kind.RESOLVED, words, stamp)
    message = replace(message, to=tuple(dict.fromkeys(went.values())))
    rows: list[Row] = [closed]
    for number, (origin, channel) in enumerate(went.items(), start=box.last + 1):
        rows.append(Delivery(number, message, channel, origin))
    return rows


def acknowledge(box: Box, incident: Incident, said: Acknowledgement) -> list[Row]:
    """Somebody is at it: what of its page is not out yet is not sent any more."""
    why = f"acknowledged by {said.by} before it was sent"
    pages = [
        one.dropped(why, said.at)
        for one in box.deliveries.values()
        if one.message.kind is Kind.PAGE and one.message.incident == incident.id
    ]
    return [replace(incident, acknowledged=said), *pages]


def address(
    box: Box, made: Iterable[Row], message: Message, channels: Iterable[str]
) -> list[Delivery]:
    """Deliveries of one message, numbered after those in the box and those just `made`."""
    channels = tuple(channels)
    message = replace(message, to=channels)
    numbers = [row.number for row in made if isinstance(row, Delivery)]
    first = max([box.last, *numbers]) + 1
    return [
        Delivery(number, message, channel, channel)
        for number, channel in enumerate(channels, start=first)
    ]


def arrived(box: Box, delivery: Delivery) -> list[Row]:
    """A channel took `delivery`: the incidents that it told of know by which, and their ends that
    wait go the same way.
    """
    reached: dict[str, Incident] = {}
    ends: list[Row] = []
    for told in delivery.tells:
        incident = reached.get(told[0]) or box.incidents.get(told[0])
        if incident is not None and told[1] in incident.told:
            reached[incident.id] = incident.reached(told[1], delivery.via)
        ends += [replace(end, channel=delivery.via) for end in _ends(box, told, delivery.number)]
    return [delivery, *reached.values(), *ends]


def _ends(box: Box, told: tuple[str, str], but: int) -> list[Delivery]:
    """What waits to tell the end of an incident where it was told at `told`."""
    return [
        one
        for one in box.deliveries.values()
        if one.message.kind is Kind.RESOLVED
        and (one.message.incident, one.origin) == told
        and one.number != but
    ]


def stranded(box: Box, settings: Settings, at: float) -> list[Row]:
    """What was for channels that are no longer declared: it goes where such news goes now and has
    not gone before, else it is dropped.
    """
    changed: dict[int, Delivery] = {}
    for number in box.deliveries:
        one = changed.get(number, box.deliveries[number])
        if candidates(one, settings):
            continue
        taking = settings.taking(one.message.severity)
        new = [channel for channel in taking if channel not in one.message.to]
        if new:
            changed |= _also_to(new[0], one, {**box.deliveries, **changed})
            changed[number] = replace(changed[number], channel=new[0], retry_at=0.0)
        else:
            why = "the other channels have got it" if taking else "no channel takes it any more"
            changed[number] = one.dropped(why, at)
    return [*changed.values()]


def _also_to(
    channel: str, delivery: Delivery, pending: Mapping[int, Delivery]
) -> dict[int, Delivery]:
    """All that is on its way of the message of `delivery`, and knows that `channel` gets it too."""
    message = replace(delivery.message, to=(*delivery.message.to, channel))
    key = message.key
    alike = {number: one for number, one in pending.items() if one.message.key == key}
    return {number: replace(one, message=message) for number, one in alike.items()}


def _message(incident: Incident, kind: Kind, words: tuple[str, str], stamp: Stamp) -> Message:
    title, body = words
    return Message(
        key=f"{stamp.host}:{incident.id}:{kind}",
        kind=kind,
        subject=incident.subject,
        severity=incident.severity,
        title=title,
        body=body,
        at=stamp.at,
        incident=incident.id,
    )
