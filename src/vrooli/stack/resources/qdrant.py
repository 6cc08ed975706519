"""Qdrant, which searches vectors."""

from vrooli.core.result import Result, critical, ok
from vrooli.stack.httpkind import HttpKind


class QdrantKind(HttpKind):
    """A vector database."""

    name = "qdrant"
    title = "Qdrant"
    summary = "a database of vectors"
    default_port = 6333
    path = "/readyz"
    start_timeout = 300.0
    failures = 3
    over = 15.0

    def judge(self, body: bytes) -> Result:
        """The text `all shards are ready`; while it reads its data it answers 503."""
        if b"ready" not in body:
            return critical("it answers, but not as Qdrant does", answered=True)
        return ok("all shards are ready")


KIND = QdrantKind()
