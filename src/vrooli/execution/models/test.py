"""A model that needs nobody: for demos and tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from vrooli.execution.model_vendor import Access, Vendor

if TYPE_CHECKING:
    from pydantic_ai.models import Model


@asynccontextmanager
async def _open(model: str, access: Access) -> "AsyncIterator[Model]":
    from pydantic_ai.models.test import TestModel

    yield TestModel()


vendor = Vendor(
    name="test",
    title="Uses each tool once with made-up arguments, then answers in made-up words",
    open=_open,
)
