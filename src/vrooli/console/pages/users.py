"""Users and keys: who may come in, as what, and by which keys."""

import time
from collections.abc import Awaitable, Callable, Sequence

from vrooli.console.acting import account_of
from vrooli.console.page import Page, View
from vrooli.console.parts.dialogs import is_sure
from vrooli.console.parts.forms import Fields, Form, button, choice, field
from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.outcome import Outcome, Secret
from vrooli.console.parts.people import (
    ROLES,
    Grant,
    User,
    days_of,
    grants_of,
    limits_of,
    user_of,
)
from vrooli.console.parts.trouble import show_trouble
from vrooli.core.errors import UsageError, VrooliError
from vrooli.core.passes import ADMIN


async def build(view: View) -> None:
    """The page: oneself, keys, and for admins everybody."""
    _oneself(view)
    keys = _Part("API keys", lambda: _keys(view, keys))
    await keys.show()
    if view.acting.person.may(ADMIN):
        users = _Part("Users", lambda: _users(view, users))
        invited = _Part("Invitations", lambda: _invitations(view, invited))
        await users.show()
        await invited.show()


class _Part:
    """A section that is read and built anew after each change."""

    def __init__(self, title: str, build: Callable[[], Awaitable[None]]) -> None:
        with Tag("section", "", "panel"):
            Tag("h2", title)
            self._around = Tag("div")
            self.outcome = Outcome()
        self._build = build

    async def show(self) -> None:
        """As the server has it now."""
        if self._around.is_deleted:  # the page was closed meanwhile
            return
        self._around.clear()
        with self._around:
            try:
                await self._build()
            except VrooliError as error:
                show_trouble(error)


def _oneself(view: View) -> None:
    person = view.acting.person
    with Tag("section", "", "panel"):
        Tag("h2", "You")
        Tag("p", f"{person.name}, with the role {person.role}.")
        outcome = Outcome()
        if view.acting.has_account:
            _password(view, outcome)
        else:
            Tag("p", "You came by the link of this stack, and have no password.", "soft")
        button("Sign out everywhere", lambda: _leave_if_sure(view, outcome), "danger")


def _password(view: View, outcome: Outcome) -> None:
    async def change(said: Fields) -> None:
        async def acting() -> str:
            accounts, name = view.acting.accounts, view.acting.person.name
            old, new = said.get("old", ""), said.get("new", "")
            if new != said.get("again"):
                raise UsageError("the two new passwords differ", next_step="type them again")
            pair = await view.acting.ask(lambda: accounts.change_password(old, new))
            view.acting.ways.sessions.change(view.acting.session, *account_of(pair, time.time()))
            view.acting.ways.sessions.end_all(name, besides=view.acting.session)
            return "The password is changed; all your other sessions are over."

        await outcome.of(acting)

    with Form(change):
        field("old", "Password now", "password", required=True, autocomplete="current-password")
        field("new", "Next one", "password", required=True, autocomplete="new-password")
        field("again", "Once more", "password", required=True, autocomplete="new-password")
        Tag("button", "Change the password", "", type="submit")


async def _leave_if_sure(view: View, outcome: Outcome) -> None:
    who = "you" if view.acting.has_account else "everybody who came by a link of this stack"

    def build() -> None:
        Tag("p", f"It signs out {who}, in every browser, this one too.")

    if await is_sure("Sign out everywhere?", build, ("Sign out", "Stay"), "danger"):
        await outcome.of(lambda: _leave(view))


async def _leave(view: View) -> str:
    name = view.acting.person.name
    if view.acting.has_account:
        accounts = view.acting.accounts
        await view.acting.ask(accounts.log_out_everywhere)
    view.acting.ways.sessions.end_all(name)
    return "All your sessions are over."


async def _keys(view: View, part: _Part) -> None:
    accounts = view.acting.accounts
    keys = grants_of(await view.acting.ask(accounts.keys), time.time())
    Tag("p", "A program shows a key instead of a password.", "soft")
    _grants(keys, "key", lambda one: _revoke(view, part, one, accounts.revoke_key))

    async def make(said: Fields) -> None:
        async def acting() -> Secret:
            name, role, days = said.get("name", ""), said.get("role", ""), days_of(said["days"])
            made = await view.acting.ask(lambda: accounts.add_key(name, role, days))
            await part.show()
            return Secret(f"The key {name}.", str(made["token"]))

        await part.outcome.of(acting)

    if not view.acting.has_account:
        Tag("p", "Only people with an account have keys: sign in with yours to make one.", "soft")
        return
    with Form(make):
        field("name", "Name of a new key", required=True)
        choice("role", "Role", ROLES[: ROLES.index(view.acting.person.role) + 1])
        field("days", "Good for days", "number", min=1, value=90, required=True)
        Tag("button", "Make the key", "main", type="submit")


async def _users(view: View, part: _Part) -> None:
    accounts = view.acting.accounts
    users = [user_of(one) for one in await view.acting.ask(accounts.users)]
    if not users:
        Tag("p", "Nobody has an account yet. Add the first one, with the role admin.", "empty")
    else:
        with Tag("div", "", "scroll"), Tag("table"):
            _head("Address", "Role", "Since", "Budget of the month", "Change")
            with Tag("tbody"):
                for one in users:
                    _user(view, part, one)

    async def add(said: Fields) -> None:
        email, password, role = said.get("email", ""), said.get("password", ""), said["role"]
        await _ask(
            view, part, lambda: accounts.add_user(email, password, role), f"{email} is added."
        )

    with Form(add):
        field("email", "Address of a new user", "email", required=True)
        field("password", "Password", "password", required=True, autocomplete="new-password")
        choice("role", "Role", ROLES)
        Tag("button", "Add the user", "main", type="submit")


def _user(view: View, part: _Part, one: User) -> None:
    accounts, sessions = view.acting.accounts, view.acting.ways.sessions

    async def change(said: str, **what: object) -> None:
        def ask() -> None:
            accounts.change_user(one.email, **what)
            sessions.end_all(one.email)

        await _ask(view, part, ask, said)

    async def role(said: Fields) -> None:
        await change(f"{one.email} is {said['role']} now.", role=said["role"])

    async def switch() -> None:
        def build() -> None:
            Tag("p", "All sessions and keys of that person end, at once. It can be undone.")

        question = f"Keep {one.email} out?"
        if not one.disabled and not await is_sure(
            question, build, ("Keep out", "Leave it"), "danger"
        ):
            return
        word = "let in again" if one.disabled else "kept out"
        await change(f"{one.email} is {word}.", disabled=not one.disabled)

    async def budget(said: Fields) -> None:
        def limit() -> object:
            limits = limits_of(said.get("cost", ""), said.get("tokens", ""))
            return (
                accounts.set_budget(one.email, limits)
                if limits
                else accounts.clear_budget(one.email)
            )

        await _ask(view, part, limit, f"The budget of {one.email} is changed.")

    with Tag("tr"):
        Tag("td", one.email + (" (disabled)" if one.disabled else ""))
        with Tag("td"), Form(role):
            choice("role", "Role", ROLES, one.role)
            Tag("button", "Set", "", type="submit")
        with Tag("td"):
            moment(one.created)
        with Tag("td"):
            Tag("p", one.budget or "no limit")
            with Tag("details"):
                Tag("summary", "Change it")
                with Form(budget):
                    field("cost", "US dollars", "number", min=0, step="any")
                    field("tokens", "Tokens", "number", min=0)
                    Tag("button", "Set", "", type="submit", title="both empty: no limit")
        with Tag("td"):
            button(
                "Let in" if one.disabled else "Keep out", switch, "" if one.disabled else "danger"
            )


async def _invitations(view: View, part: _Part) -> None:
    accounts = view.acting.accounts
    found = grants_of(await view.acting.ask(accounts.invitations), time.time())
    _grants(found, "invitation", lambda one: _revoke(view, part, one, accounts.revoke_invitation))

    async def invite(said: Fields) -> None:
        async def acting() -> Secret:
            email, role, days = said.get("email", ""), said.get("role", ""), days_of(said["days"])
            made = await view.acting.ask(lambda: accounts.invite(email, role, days))
            await part.show()
            how = f"{email} accepts it by `vrooli user accept`."
            return Secret(how, str(made["token"]))

        await part.outcome.of(acting)

    with Form(invite):
        field("email", "Address to invite", "email", required=True)
        choice("role", "Role", ROLES)
        field("days", "Good for days", "number", min=1, value=7, required=True)
        Tag("button", "Invite", "main", type="submit")


def _grants(found: Sequence[Grant], what: str, revoke: Callable[[Grant], Awaitable[None]]) -> None:
    if not found:
        Tag("p", f"There is no {what}.", "empty")
        return
    with Tag("div", "", "scroll"), Tag("table"):
        _head("Name", "Of", "Role", "Until", "State", "Change")
        with Tag("tbody"):
            for one in found:
                with Tag("tr"):
                    for text in (one.name, one.owner, one.role):
                        Tag("td", text)
                    with Tag("td"):
                        moment(one.until)
                    Tag("td", one.state)
                    with Tag("td"):
                        if one.state == "good":
                            button("Revoke", _of(revoke, one), "danger")


def _of(act: Callable[[Grant], Awaitable[None]], one: Grant) -> Callable[[], Awaitable[None]]:
    return lambda: act(one)


async def _revoke(view: View, part: _Part, one: Grant, revoke: Callable[[str], object]) -> None:
    def build() -> None:
        Tag("p", "Whoever uses it is let in no more, from now on. It cannot be taken back.")

    if not await is_sure(f"Revoke {one.name}?", build, ("Revoke it", "Leave it"), "danger"):
        return
    await _ask(view, part, lambda: revoke(one.id), f"{one.name} opens nothing any more.")


async def _ask(view: View, part: _Part, act: Callable[[], object], said: str) -> None:
    """A change at the server; what is there then is shown."""

    async def acting() -> str:
        await view.acting.ask(act)
        await part.show()
        return said

    await part.outcome.of(acting)


def _head(*words: str) -> None:
    with Tag("thead"), Tag("tr"):
        for word in words:
            Tag("th", word, scope="col")


PAGE = Page("/users", "Users and keys", "group", build, order=95)
