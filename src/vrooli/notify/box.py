"""All that is not finished: what is to be sent, what is wrong, what is silenced. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vrooli.notify.delivery import Delivery, State
from vrooli.notify.incident import Incident
from vrooli.notify.silence import Silence
from vrooli.notify.store import Document

DELIVERY, INCIDENT, SILENCE = "delivery", "incident", "silence"

Row = Delivery | Incident | Silence


@dataclass(frozen=True, slots=True)
class Box:
    """What is live; what is finished is only in the store.

    Attributes:
        last: the highest number of a delivery so far.
        deliveries: pending ones by number, the oldest first.
        incidents: open ones by id, the oldest first.
        silences: by id; those that have ended as well, until they are swept.
    """

    last: int = 0
    deliveries: Mapping[int, Delivery] = field(default_factory=dict)
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    silences: Mapping[str, Silence] = field(default_factory=dict)

    def having(self, rows: Iterable[Row]) -> "Box":
        """With `rows` as they are now; what is finished leaves."""
        box = self
        for row in rows:
            box = box._with(row)
        return box

    def without(self, silence: Silence) -> "Box":
        """With that silence gone."""
        kept = {key: one for key, one in self.silences.items() if key != silence.id}
        return replace(self, silences=kept)

    def incident_of(self, subject: str) -> Incident | None:
        """The open incident of a subject."""
        found = [one for one in self.incidents.values() if one.subject == subject]
        return found[0] if found else None

    def _with(self, row: Row) -> "Box":
        if isinstance(row, Silence):
            return replace(self, silences={**self.silences, row.id: row})
        if isinstance(row, Incident):
            open_ = {**self.incidents, row.id: row}
            if row.closed_at is not None:
                del open_[row.id]
            return replace(self, incidents=open_)
        pending = {**self.deliveries, row.number: row}
        if row.state is not State.PENDING:
            del pending[row.number]
        return replace(self, deliveries=pending, last=max(self.last, row.number))


def document(row: Row, *, live: bool | None = None) -> Document:
    """As the store keeps it; `live` overrules whether it is finished."""
    kind, key, at, going = _kept(row)
    return Document(kind, key, going if live is None else live, at, row.to_json())


def _kept(row: Row) -> tuple[str, str, float, bool]:
    if isinstance(row, Delivery):
        return DELIVERY, str(row.number), row.message.at, row.ended_at is None
    if isinstance(row, Incident):
        return INCIDENT, row.id, row.opened_at, row.closed_at is None
    return SILENCE, row.id, row.at, True


READERS: Mapping[str, Callable[[Mapping[str, Any]], Row]] = {
    DELIVERY: Delivery.from_json,
    INCIDENT: Incident.from_json,
    SILENCE: Silence.from_json,
}
"""Read what `document` wrote, by kind."""
