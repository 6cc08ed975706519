"""The server's API about users, sessions and keys, typed."""

from typing import Any
from urllib.parse import quote

from vrooli.client.api import ApiClient, rows_of


class AccountsClient(ApiClient):
    """One server; errors as `ApiClient` says. No answer but those that say so holds a secret."""

    __slots__ = ()

    def log_in(self, email: str, password: str) -> dict[str, Any]:
        """`{access_token, expires_in, refresh_token, email, role}`, the tokens of a new session."""
        return self._ask("POST", "/auth/login", {"email": email, "password": password})

    def refresh(self, token: str) -> dict[str, Any]:
        """The next of those; `token` is good no more."""
        return self._ask("POST", "/auth/refresh", {"refresh_token": token})

    def log_out(self, token: str) -> None:
        """End the session of a refresh token."""
        self._ask("POST", "/auth/logout", {"refresh_token": token})

    def log_out_everywhere(self) -> int:
        """End all sessions of whoever asks; how many there were."""
        return int(self._ask("POST", "/auth/logout-everywhere")["ended"])

    def change_password(self, old: str, new: str) -> dict[str, Any]:
        """As `log_in`, of a new session: all others end."""
        return self._ask("POST", "/auth/password", {"old": old, "new": new})

    def accept(self, token: str, password: str) -> dict[str, Any]:
        """The user that an invitation makes."""
        return self._ask("POST", "/auth/accept", {"token": token, "password": password})

    def me(self) -> dict[str, Any]:
        """`{name, role, key}` of whoever asks."""
        return self._ask("GET", "/auth/me")

    def users(self) -> list[dict[str, Any]]:
        """`{email, role, disabled, created_at, budget}` each, by address."""
        return rows_of(self._ask("GET", "/users"), "users")

    def user(self, email: str) -> dict[str, Any]:
        """One of them."""
        return self._ask("GET", f"/users/{quote(email, safe='')}")

    def set_budget(self, email: str, limits: dict[str, float]) -> dict[str, Any]:
        """The user, whose runs may spend so much `cost` and `tokens` together in a month."""
        return self._ask("PUT", f"/users/{quote(email, safe='')}/budget", limits)

    def clear_budget(self, email: str) -> dict[str, Any]:
        """The user, whose runs nothing limits together."""
        return self._ask("DELETE", f"/users/{quote(email, safe='')}/budget")

    def add_user(self, email: str, password: str, role: str) -> dict[str, Any]:
        """The new user."""
        return self._make("/users", {"email": email, "password": password, "role": role})

    def change_user(self, email: str, **change: Any) -> dict[str, Any]:
        """The user, with another `role` or `password`, or `disabled` or not; its sessions end."""
        return self._ask("PATCH", f"/users/{quote(email, safe='')}", change)

    def invitations(self) -> list[dict[str, Any]]:
        """The newest first."""
        return rows_of(self._ask("GET", "/invitations"), "invitations")

    def invite(self, email: str, role: str, days: int) -> dict[str, Any]:
        """The invitation, with the `token` that accepts it; Refused when it was made by a request
        whose answer went astray.
        """
        return self._make("/invitations", {"email": email, "role": role, "days": days})

    def revoke_invitation(self, invitation: str) -> dict[str, Any]:
        """Take one back."""
        return self._ask("DELETE", f"/invitations/{quote(invitation, safe='')}")

    def keys(self) -> list[dict[str, Any]]:
        """One's own; for admins everybody's."""
        return rows_of(self._ask("GET", "/keys"), "keys")

    def add_key(self, name: str, role: str, days: int) -> dict[str, Any]:
        """The key, with its `token`; Refused as by `invite`."""
        return self._make("/keys", {"name": name, "role": role, "days": days})

    def revoke_key(self, key: str) -> dict[str, Any]:
        """The key, which opens nothing any more."""
        return self._ask("DELETE", f"/keys/{quote(key, safe='')}")
