"""Users of a real server, and what they ask."""

import asyncio
import secrets
from typing import Any

import asyncpg
import httpx

from tests.support.server import Server

V1 = "/api/v1"
PASSWORD = "correct horse battery"


class Person:
    """A user of the test's own, and what it asks."""

    def __init__(self, server: Server, role: str = "operator") -> None:
        self.server, self.role = server, role
        self.email = f"p{secrets.token_hex(4)}@example.org"
        self.password = PASSWORD
        body = {"email": self.email, "password": PASSWORD, "role": role}
        answer = ask(server, server.token, "POST", "/users", body)
        assert answer.status_code == 201, answer.text

    def login(self, password: str | None = None) -> httpx.Response:
        """With its password, or another."""
        return send(
            self.server, "/auth/login", email=self.email, password=password or self.password
        )

    def pair(self) -> dict[str, Any]:
        """The tokens of a new session."""
        answer = self.login()
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def change(self, **body: Any) -> None:
        """As an admin."""
        answer = ask(self.server, self.server.token, "PATCH", f"/users/{self.email}", body)
        assert answer.status_code == 200, answer.text

    def new_key(self, **body: Any) -> dict[str, Any]:
        """Of its own."""
        access = self.pair()["access_token"]
        answer = ask(self.server, access, "POST", "/keys", {"name": "test", **body})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


def ask(server: Server, token: str, method: str, path: str, body: Any = None) -> httpx.Response:
    """With a token."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.request(
        method, f"{server.url}{V1}{path}", headers=headers, json=body, timeout=30, verify=False
    )


def send(server: Server, path: str, **body: Any) -> httpx.Response:
    """Without a token."""
    return httpx.post(f"{server.url}{V1}{path}", json=body, timeout=30, verify=False)


def sql(served: Server, statement: str) -> None:
    """Change what only time changes."""

    async def run() -> None:
        connection = await asyncpg.connect(served.env["DATABASE_URL"])
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())
