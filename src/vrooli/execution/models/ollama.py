"""Ollama, on this machine unless a `base_url` says otherwise."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TYPE_CHECKING

from vrooli.execution.model_vendor import Access, Vendor
from vrooli.execution.models.openai import vendor as openai

if TYPE_CHECKING:
    from pydantic_ai.models import Model

OWN = "http://127.0.0.1:11434/v1"


def _open(model: str, access: Access) -> "AbstractAsyncContextManager[Model]":
    return openai.open(model, replace(access, base_url=access.base_url or OWN))


vendor = Vendor(
    name="ollama",
    title="Ollama",
    open=_open,
    extra="openai",
    about=f"Without a `base_url` at `{OWN}`. It needs no key.",
)
