"""`/api/v1/auth`: log in with a password, go on with a refresh token, log out."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException

from vrooli.server import account_shapes as shapes
from vrooli.server.accounts.directory import Directory
from vrooli.server.accounts.logins import Logins, NotLoggedIn, TooManyTries
from vrooli.server.answers import answers
from vrooli.server.auth import OPEN, VIEWER, Who
from vrooli.server.bodies import Email, Password, StrictBody, Token


class Login(StrictBody):
    """Who logs in."""

    email: Email
    password: Password


class Refresh(StrictBody):
    """The refresh token of a session."""

    refresh_token: Token


class Acceptance(StrictBody):
    """An invitation, and the password that its user shall have."""

    token: Token
    password: Password


class NewPassword(StrictBody):
    """The password of a user, and the next one."""

    old: Password
    new: Password


def auth_routes(logins: Logins, directory: Directory) -> APIRouter:
    """Sessions."""
    router = APIRouter(prefix="/api/v1/auth")
    _add_open(router, logins)
    _add_invited(router, directory)
    _add_own(router, logins)
    return router


def _add_open(router: APIRouter, logins: Logins) -> None:
    @router.post(
        "/login",
        summary="Log in",
        dependencies=[OPEN],
        response_model=None,
        responses=answers(shapes.PairShape),
    )
    async def log_in(login: Login, request: Request) -> dict[str, Any]:
        """`{access_token, expires_in, refresh_token, email, role}`. 401 for a wrong address or
        password, 429 with Retry-After after too many of them.
        """
        try:
            pair = await logins.log_in(login.email, login.password, _address(request))
        except NotLoggedIn:
            raise HTTPException(401, "the e-mail address or the password is wrong") from None
        except TooManyTries as error:
            raise _later(error) from None
        return pair.to_json()

    @router.post(
        "/refresh",
        summary="Exchange a refresh token",
        dependencies=[OPEN],
        response_model=None,
        responses=answers(shapes.PairShape),
    )
    async def refresh(body: Refresh, request: Request) -> dict[str, Any]:
        """As `login`. Each refresh token is good once: shown again it ends its session, since
        somebody has a copy. 401 when the session is over.
        """
        try:
            return (await logins.refresh(body.refresh_token, _address(request))).to_json()
        except NotLoggedIn:
            raise HTTPException(401, "the session is over; log in again") from None

    @router.post(
        "/logout",
        summary="End a session",
        dependencies=[OPEN],
        response_model=None,
        responses=answers(shapes.NothingShape),
    )
    async def log_out(body: Refresh) -> dict[str, Any]:
        """`{}`, also when it was over; 401 for what is no token."""
        try:
            await logins.log_out(body.refresh_token)
        except NotLoggedIn:
            raise HTTPException(401, "this is no refresh token") from None
        return {}


def _add_invited(router: APIRouter, directory: Directory) -> None:
    @router.post(
        "/accept",
        status_code=201,
        summary="Accept an invitation",
        dependencies=[OPEN],
        response_model=None,
        responses=answers(shapes.UserShape, 409, status=201),
    )
    async def accept(body: Acceptance) -> dict[str, Any]:
        """201 with the user that it makes; 401 when it is none, or is used, taken back or over."""
        user = await directory.accept(body.token, body.password)
        if user is None:
            raise HTTPException(401, "the invitation is none, or was used, or is over")
        return user.to_json()


def _add_own(router: APIRouter, logins: Logins) -> None:
    @router.get(
        "/me",
        summary="Who am I?",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.MeShape),
    )
    async def me(who: Who) -> dict[str, Any]:
        """`{name, role, key}`: an address, or `operator` for the token of the server; the id of
        the API key that was shown, or null.
        """
        return {"name": who.name, "role": who.role.value, "key": who.key}

    @router.post(
        "/logout-everywhere",
        summary="End all sessions of mine",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.EndedShape),
    )
    async def log_out_everywhere(who: Who) -> dict[str, Any]:
        """`{ended}`: how many there were. API keys stay."""
        return {"ended": await logins.log_out_everywhere(who)}

    @router.post(
        "/password",
        summary="Change my password",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.PairShape),
    )
    async def change_password(body: NewPassword, who: Who, request: Request) -> dict[str, Any]:
        """As `login`, of a new session; all others end. 403 for a wrong old password or without a
        session, 429 as there.
        """
        if who.session is None:
            raise HTTPException(403, "only a session changes a password; log in first")
        try:
            address = _address(request)
            return (await logins.change_password(who, body.old, body.new, address)).to_json()
        except NotLoggedIn:
            raise HTTPException(403, "the old password is wrong") from None
        except TooManyTries as error:
            raise _later(error) from None


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _later(error: TooManyTries) -> HTTPException:
    seconds = str(round(error.seconds))
    return HTTPException(429, f"{error}; try again in {seconds} s", {"Retry-After": seconds})
