"""The shapes of answers about the server itself. Times are unix seconds."""

from pydantic import BaseModel


class KeptShape(BaseModel):
    """What goes after so many seconds; null: never."""

    what: str
    seconds: float | None


class SizeShape(BaseModel):
    """What a table holds, bytes on the disk, and about how many rows."""

    what: str
    bytes: int
    rows: int | None


class AboutShape(BaseModel):
    """A server."""

    version: str
    started_at: float
    listens: list[str]
    kept: list[KeptShape]
    sizes: list[SizeShape]
