"""OpenAI, and whoever speaks its chat API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from vrooli.execution.model_vendor import Access, Vendor

if TYPE_CHECKING:
    from pydantic_ai.models import Model

OWN = "https://api.openai.com/v1"


@asynccontextmanager
async def _open(model: str, access: Access) -> "AsyncIterator[Model]":
    await asyncio.to_thread(_load)
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    from vrooli.execution.models._client import client

    async with client(access) as http:
        key = access.api_key or "none"  # never one of the environment
        provider: OpenAIProvider | OpenAICompatibleProvider
        if access.base_url == OWN:
            provider = OpenAIProvider(base_url=OWN, api_key=key, http_client=http)
        else:
            provider = OpenAICompatibleProvider(
                access.name, base_url=access.base_url, api_key=key, http_client=http
            )
        # Retries are the step's: what is repeated behind its back is neither counted nor paid for.
        provider.client.max_retries = 0
        # Else an answer that broke off would pass for a whole one.
        whole = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
        yield OpenAIChatModel(model, provider=provider, profile=whole)


def _load() -> None:
    """What takes long, beside the loop: for that time nobody else would get an answer."""
    from pydantic_ai.models import openai
    from pydantic_ai.providers import openai_compatible

    _ = openai, openai_compatible


vendor = Vendor(
    name="openai",
    title="OpenAI, and any server that speaks its chat API (vLLM, llama.cpp, LiteLLM, ...)",
    open=_open,
    base_url=OWN,
    extra="openai",
)
