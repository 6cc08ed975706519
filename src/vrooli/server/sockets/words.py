"""What is said over `/ws`: JSON objects, told apart by their `op`."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from vrooli.core.errors import UsageError
from vrooli.execution.live.events import Event

UNAUTHORIZED, SLOW, TOO_MUCH = 4401, 4408, 4429
"""Codes of an end, after the HTTP statuses of the same meaning."""

AGAIN = 1013
"""Connect again (RFC 6455's registry has the name); 1012 is what the end of the server says."""

Run = Annotated[str, Field(min_length=1, max_length=64)]


class _Word(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Auth(_Word):
    """The first one, of a client that cannot send headers."""

    op: Literal["auth"]
    token: Annotated[str, Field(min_length=1, max_length=4096)]


class Subscribe(_Word):
    """Follow the tree of a run from the event after number `after` on, with `texts` also what
    models say in it just now; without a run, all that the caller may see, from now on.
    """

    op: Literal["subscribe"]
    run: Run | None = None
    after: Annotated[int, Field(ge=0, le=2**62)] = 0
    texts: bool = False


class Unsubscribe(_Word):
    """Follow it no more."""

    op: Literal["unsubscribe"]
    run: Run


class Ping(_Word):
    """Answer."""

    op: Literal["ping"]


Word = Auth | Subscribe | Unsubscribe | Ping
_WORDS: TypeAdapter[Word] = TypeAdapter(Annotated[Word, Field(discriminator="op")])


def understood(text: str) -> Word:
    """What a client says.

    Raises:
        UsageError: nothing that is known here.
    """
    try:
        return _WORDS.validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, fault["loc"]))
        known = "`auth`, `subscribe`, `unsubscribe` and `ping` are known"
        raise UsageError(fault["msg"], where=place, next_step=known) from error


@dataclass(frozen=True, slots=True)
class Page:
    """Events of one tree, in their order.

    Attributes:
        root: the tree.
        events: at least one.
    """

    root: str
    events: list[Event]

    @property
    def text(self) -> str:
        """As it is sent."""
        listed = ",".join(event.text for event in self.events)
        return f'{{"op":"events","root":{json.dumps(self.root)},"events":[{listed}]}}'


@dataclass(frozen=True, slots=True)
class Texts:
    """What models say just now in one tree.

    Attributes:
        root: the tree.
        texts: as JSON, at least one.
    """

    root: str
    texts: list[str]

    @property
    def text(self) -> str:
        """As it is sent."""
        root, listed = json.dumps(self.root), ",".join(self.texts)
        return f'{{"op":"texts","root":{root},"texts":[{listed}]}}'


def said(op: str, **more: Any) -> str:
    """Any other word of the server."""
    return json.dumps({"op": op, **more}, ensure_ascii=False, separators=(",", ":"))
