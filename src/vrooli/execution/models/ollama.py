"""Ollama, on this machine unless a `base_url` says otherwise. It needs no key."""

from vrooli.execution.model_vendor import Vendor
from vrooli.execution.models.openai import vendor as openai

vendor = Vendor(
    name="ollama",
    title="Ollama",
    open=openai.open,
    base_url="http://127.0.0.1:11434/v1",
    extra="openai",
)
