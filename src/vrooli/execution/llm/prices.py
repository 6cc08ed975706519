"""What tokens cost, in millionths of a US dollar."""

import math
from collections.abc import Callable, Iterator

from vrooli.core.errors import UsageError
from vrooli.core.nearest import near
from vrooli.execution.llm.settings import VARIABLE, ModelSettings, Price, Provider


def micros(
    price: Price | None, provider: Provider, model: str, tokens: tuple[int, int]
) -> int | None:
    """Of so many tokens in and out; rounded up, None when nobody knows.

    Args:
        price: as the settings say. A dollar for a million tokens is a millionth for one.
        provider: whose. At an address of its own nobody but the settings knows a price.
        model: without the provider's name.
        tokens: in, out.
    """
    if provider.vendor == "test":
        return 0
    if price is not None:
        return math.ceil(tokens[0] * price.input + tokens[1] * price.output)
    own = provider.base_url or provider.vendor == "ollama"
    return None if own else _known(provider.vendor, model, tokens)


def named(settings: ModelSettings, name: str) -> Callable[[int, int], int]:
    """The price of tokens in and out of the model `provider:model`: as the settings say, else by
    the public list.

    Raises:
        UsageError: nobody knows it; with names that are near.
    """
    provider_name, _, model = name.partition(":")
    provider = settings.providers.get(provider_name) or Provider(provider_name, provider_name)
    price = settings.prices.get(name)

    def said(tokens_in: int, tokens_out: int) -> int:
        found = micros(price, provider, model, (tokens_in, tokens_out))
        if found is None:
            names = near(name, [*settings.prices, *_listed()])
            known = " or ".join(f"`{one}`" for one in names) or "one like `openai:gpt-5-mini`"
            advice = f"name {known}, or say its price in {VARIABLE}"
            raise UsageError(f"nobody knows the price of `{name}`", next_step=advice)
        return found

    said(1, 1)
    return said


def _listed() -> Iterator[str]:
    """All of the public list."""
    from genai_prices.data_snapshot import get_snapshot

    for provider in get_snapshot().providers:
        yield from (f"{provider.id}:{model.id}" for model in provider.models)


def _known(vendor: str, model: str, tokens: tuple[int, int]) -> int | None:
    """By the list that comes with the agent library."""
    import genai_prices

    usage = genai_prices.Usage(input_tokens=tokens[0], output_tokens=tokens[1])
    try:
        found = genai_prices.calc_price(usage, model, provider_id=vendor)
    except LookupError:
        return None
    return math.ceil(found.total_price * 1_000_000)
