"""`/api/v1/users` and `/api/v1/invitations`: who may use the server, for admins."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from vrooli.execution.owner_budgets import OwnerBudgets
from vrooli.server import account_shapes as shapes
from vrooli.server.accounts.directory import Directory
from vrooli.server.accounts.roles import Role
from vrooli.server.answers import answers
from vrooli.server.auth import ADMIN, Who
from vrooli.server.bodies import Email, EmailInPath, Id, Password, StrictBody

Days = Annotated[int, Field(ge=1, le=30)]


class NewUser(StrictBody):
    """Somebody with a password that an admin chose."""

    email: Email
    password: Password
    role: Role


class UserChange(StrictBody):
    """What is to be otherwise; null leaves it as it is."""

    role: Role | None = None
    disabled: bool | None = None
    password: Password | None = None


class NewInvitation(StrictBody):
    """Whom to invite, as what, and for how many days."""

    email: Email
    role: Role
    days: Days = 7


def user_routes(directory: Directory, budgets: OwnerBudgets) -> APIRouter:
    """Users and invitations."""
    router = APIRouter(prefix="/api/v1")
    _add_users(router, directory, budgets)
    _add_invitations(router, directory)
    return router


def _add_users(router: APIRouter, directory: Directory, budgets: OwnerBudgets) -> None:
    @router.get(
        "/users",
        summary="List the users",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(shapes.UserList),
    )
    async def list_users() -> dict[str, Any]:
        """`{users: [{email, role, disabled, created_at, budget}]}`, by address."""
        users = await directory.users()
        found = await budgets.of([user.email for user in users])
        return {"users": [{**one.to_json(), "budget": found.get(one.email)} for one in users]}

    @router.post(
        "/users",
        status_code=201,
        summary="Add a user",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(shapes.UserShape, 409, status=201),
    )
    async def add_user(new: NewUser, who: Who) -> dict[str, Any]:
        """201 with the user; 409 when there is one of that address, 400 when the password is not
        good enough.
        """
        user = await directory.add_user(who, new.email, new.password, new.role)
        return user.to_json()

    @router.patch(
        "/users/{email}",
        summary="Change a user's role or password",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(shapes.UserShape, 404, 409),
    )
    async def change_user(email: EmailInPath, change: UserChange, who: Who) -> dict[str, Any]:
        """The user, whose sessions end. One that is disabled cannot log in, and its keys open
        nothing until it is not any more. 404 when there is none of that address.
        """
        changed = await directory.change_user(
            who, email, role=change.role, disabled=change.disabled, password=change.password
        )
        return changed.to_json()


def _add_invitations(router: APIRouter, directory: Directory) -> None:
    @router.get(
        "/invitations",
        summary="List the invitations",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(shapes.InvitationList),
    )
    async def list_invitations() -> dict[str, Any]:
        """`{invitations}`, the newest first."""
        return {"invitations": [one.to_json() for one in await directory.invitations()]}

    @router.post(
        "/invitations",
        status_code=201,
        summary="Invite a user",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(shapes.InvitationMade, 409, status=201),
    )
    async def invite(new: NewInvitation, who: Who) -> dict[str, Any]:
        """201 with the invitation and its `token`, which is shown this once and accepts it once.
        409 when there is a user of that address.
        """
        return (await directory.invite(who, new.email, new.role, new.days)).to_json()

    @router.delete(
        "/invitations/{id}",
        summary="Take an invitation back",
        dependencies=[ADMIN],
        response_model=None,
        responses=answers(shapes.InvitationShape, 404),
    )
    async def revoke_invitation(id: Id, who: Who) -> dict[str, Any]:
        """The invitation; 404 when there is none that could still be accepted."""
        return (await directory.revoke_invitation(who, id)).to_json()
