"""Routes about what people are told: incidents, deliveries, silences, and a test."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from fnmatch import filter as matching
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.asking import actor, asks, limit, takes
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.paging_words import Where
from vrooli.core.errors import UnknownName, UsageError
from vrooli.core.nearest import did_you_mean
from vrooli.core.ports.clock import Clock
from vrooli.notify.message import Kind, Message, Severity
from vrooli.notify.postbox import Postbox
from vrooli.notify.sending import Sender
from vrooli.notify.silence import LONGEST

LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Try:
    """The body of a test; without a channel all of them are tried."""

    channel: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The body of an acknowledgement."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """The body of a silence."""

    subject: str
    seconds: float
    why: str = ""


@dataclass(frozen=True)
class Notify:
    """What these routes work with.

    Attributes:
        subjects: names of the services and checks that there are.
    """

    postbox: Postbox
    sender: Sender
    ledger: Ledger
    clock: Clock
    where: Where
    subjects: Callable[[], Collection[str]]

    def routes(self) -> list[Route]:
        """See the base."""
        return [
            Route("/notify", self.show),
            Route("/notify/test", self.test, methods=["POST"]),
            Route("/notify/incidents/{id}/acknowledge", self.acknowledge, methods=["POST"]),
            Route("/notify/silences", self.silence, methods=["POST"]),
            Route("/notify/silences/{id}", self.unsilence, methods=["DELETE"]),
        ]

    @asks("limit")
    async def show(self, request: Request) -> Response:
        """`{incidents[], silences[], channels[], deliveries[]}`: what is open and what is or was to
        be sent, the newest first. Query: `limit` of the deliveries (50, at most 1000).
        """
        found = await self.postbox.deliveries(limit(request, 50, 1000))
        deliveries = [one.to_json() for one in found]
        return JSONResponse({**self.postbox.view(), "deliveries": deliveries})

    @takes(Try)
    async def test(self, request: Request, asked: Try) -> Response:
        """`{channel}`: tell it a test now (all of them without one): `{results[]}`, each with
        `channel`, `ok`, `answer` and `seconds`.
        """
        chosen = self._channels(asked.channel)
        by = actor(request)
        results = await asyncio.gather(*(self._try(name, by) for name in chosen))
        await self.ledger.event("notify", "tested", by=by, results=results)
        return JSONResponse({"results": results})

    @takes(Acknowledge)
    async def acknowledge(self, request: Request, asked: Acknowledge) -> Response:
        """`{why}`: somebody is at this incident (its id or its subject). What of its page is not
        out yet is not sent; its end is told.
        """
        why, by = _short(asked.why), actor(request)
        incident = await self.postbox.acknowledge(request.path_params["id"], by, why)
        await self.ledger.event(
            incident.subject, "acknowledged", incident=incident.id, by=by, why=why
        )
        return JSONResponse(incident.to_json())

    @takes(Silence)
    async def silence(self, request: Request, asked: Silence) -> Response:
        """`{subject, seconds, why}`: nobody is told about a service or check, or a pattern of them,
        for so long.
        """
        subject = asked.subject
        if not 0 < asked.seconds <= LONGEST:
            days = f"{LONGEST / 86_400:.0f} days"
            raise UsageError(
                f"a silence lasts more than 0 seconds, and at most {days}",
                next_step="write a duration like 2h; silence it again when that is over",
            )
        self._require_known(subject)
        why, by = _short(asked.why), actor(request)
        silence = await self.postbox.silence(subject, float(asked.seconds), by, why)
        await self.ledger.event(subject, "silenced", until=silence.until, by=by, why=why)
        return JSONResponse(silence.to_json(), 201)

    async def unsilence(self, request: Request) -> Response:
        """The silences of that id or subject end now: `{ended[]}`. What is still wrong is paged."""
        ended = await self.postbox.unsilence(request.path_params["id"])
        for silence in ended:
            await self.ledger.event(silence.subject, "unsilenced", by=actor(request))
        return JSONResponse({"ended": [silence.to_json() for silence in ended]})

    async def _try(self, name: str, by: str) -> dict[str, Any]:
        stamp, began = self.postbox.stamp(), self.clock.monotonic()
        message = Message(
            key=f"{stamp.host}:{int(stamp.at * 1000):013d}:{Kind.TEST}",
            kind=Kind.TEST,
            subject="notify",
            severity=Severity.INFO,
            title=self.where.titled("This is a test"),
            body=f"Whoever reads this will be paged by the channel {name}. Asked for by {by}.",
            at=stamp.at,
        )
        answer = await self.sender.send(self.postbox.settings.channels[name], message)
        took = round(self.clock.monotonic() - began, 3)
        return {"channel": name, "ok": answer.ok, "answer": answer.text, "seconds": took}

    def _channels(self, named: str) -> list[str]:
        declared = list(self.postbox.settings.channels)
        if not declared:
            raise UsageError(
                "there is no channel",
                next_step="write [notify.channels.NAME] into vrooli.toml, then `vrooli up`",
            )
        if named and named not in declared:
            raise UnknownName(
                f"there is no channel `{named}`{did_you_mean(named, declared)}",
                named,
                next_step=f"there are: {', '.join(declared)}",
            )
        return [named] if named else declared

    def _require_known(self, subject: str) -> None:
        known = sorted(self.subjects())
        if not subject or not matching(known, subject):
            raise UnknownName(
                f"there is no service or check `{subject}`{did_you_mean(subject, known)}",
                subject,
                next_step="`vrooli-autoheal checks` lists them",
            )


def _short(why: str) -> str:
    if len(why) > LONGEST_TEXT:
        raise UsageError(
            f"`why` must be a text of at most {LONGEST_TEXT} characters",
            next_step="say it in fewer words",
        )
    return why


GROUP = Notify
