"""Routes about recovery actions: what can be done about something, and doing it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.asking import actor, takes
from vrooli.autoheal.byhand import ByHand, Wish


@dataclass(frozen=True, slots=True)
class Asked:
    """The body of a heal; see `byhand.Wish`."""

    subject: str
    action: str = ""
    dry_run: bool = False
    confirm: str = ""


@dataclass(frozen=True)
class Actions:
    """What these routes work with."""

    by_hand: ByHand

    def routes(self) -> list[Route]:
        """See the base."""
        return [
            Route("/actions/{subject}", self.actions),
            Route("/heal", self.heal, methods=["POST"]),
        ]

    async def actions(self, request: Request) -> Response:
        """`{actions[]}`: what can be done about a service or check, mildest first."""
        return JSONResponse({"actions": self.by_hand.actions(request.path_params["subject"])})

    @takes(Asked)
    async def heal(self, request: Request, asked: Asked) -> Response:
        """`{subject, action, dry_run, confirm}`: take an action, or with `dry_run` say what it
        would do. A destructive one needs the subject's name as `confirm`. It answers when the
        action is verified or has failed."""
        wish = Wish(asked.subject, asked.action, asked.dry_run, asked.confirm, actor(request))
        return JSONResponse(await self.by_hand.run(wish))


GROUP = Actions
