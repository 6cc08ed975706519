"""Pieces of request bodies and paths that several routes take."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from vrooli.server.accounts.tokens import MAX_TOKEN
from vrooli.server.accounts.words import MAX_EMAIL

STORABLE = r"^[^\x00]*$"
"""No NUL: PostgreSQL takes none."""

PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
SHA256 = "^[0-9a-f]{64}$"
EMAIL = r"^[^\x00-\x20]+$"
DOCUMENT = r"^(plan|policy|board\.[a-z][a-z0-9_]{0,62})$"
"""A document of a swarm."""

ID = "^[!-~]+$"

Email = Annotated[str, Field(max_length=MAX_EMAIL)]
Password = Annotated[str, Field(max_length=1024)]
Token = Annotated[str, Field(max_length=MAX_TOKEN)]

Id = Annotated[str, Path(max_length=64, pattern=ID)]
NameInPath = Annotated[str, Path(max_length=63, pattern=STORABLE)]
EmailInPath = Annotated[str, Path(max_length=MAX_EMAIL, pattern=EMAIL)]


class StrictBody(BaseModel):
    """One that takes no key that it does not know, and whose refusals do not repeat what was sent:
    it may be a password.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
