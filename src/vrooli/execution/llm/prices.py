"""What tokens cost, in millionths of a US dollar."""

import math

from vrooli.execution.llm.settings import Price, Provider


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


def _known(vendor: str, model: str, tokens: tuple[int, int]) -> int | None:
    """By the list that comes with the agent library."""
    import genai_prices

    usage = genai_prices.Usage(input_tokens=tokens[0], output_tokens=tokens[1])
    try:
        found = genai_prices.calc_price(usage, model, provider_id=vendor)
    except LookupError:
        return None
    return math.ceil(found.total_price * 1_000_000)
