"""Anthropic."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from vrooli.execution.model_vendor import Access, Vendor

if TYPE_CHECKING:
    from pydantic_ai.models import Model


@asynccontextmanager
async def _open(model: str, access: Access) -> "AsyncIterator[Model]":
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    from vrooli.execution.models._client import client

    async with client(access) as http:
        provider = AnthropicProvider(
            base_url=access.base_url, api_key=access.api_key, http_client=http
        )
        provider.client.max_retries = 0  # those are the step's
        yield AnthropicModel(model, provider=provider)


vendor = Vendor(
    name="anthropic",
    title="Anthropic",
    open=_open,
    base_url="https://api.anthropic.com",
    extra="anthropic",
)
