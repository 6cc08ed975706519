"""Ollama, which runs language models."""

from vrooli.core.result import Result, critical, ok
from vrooli.stack.httpkind import HttpKind


class OllamaKind(HttpKind):
    """A server of language models."""

    name = "ollama"
    title = "Ollama"
    summary = "language models on this machine"
    default_port = 11434
    path = "/api/version"
    start_timeout = 120.0
    failures = 3
    over = 15.0

    def judge(self, body: bytes) -> Result:
        """`{"version": "0.5.1"}`."""
        version = self.object_of(body).get("version")
        if not isinstance(version, str):
            return critical("it answers, but not as Ollama does", answered=True)
        return ok(f"Ollama {version[:20]}")


KIND = OllamaKind()
