"""The language models that steps may ask, and the way to each provider."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vrooli.core import discover
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.secrets import Secrets
from vrooli.execution import model_vendors
from vrooli.execution.llm.gate import Gate
from vrooli.execution.llm.owed import Owed
from vrooli.execution.llm.prices import micros
from vrooli.execution.llm.settings import VARIABLE, ModelSettings, Provider
from vrooli.execution.model_vendor import Access
from vrooli.flow.failed import Failed

if TYPE_CHECKING:
    from pydantic_ai.models import Model

TEST = Provider("test", "test")


@dataclass(frozen=True, slots=True)
class ChosenModel:
    """One of them.

    Attributes:
        name: `provider:model`.
        model: without the provider.
        provider: whose.
        gate: the way there.
    """

    name: str
    model: str
    provider: Provider
    gate: Gate


class Models:
    """For one process: what it learns of a provider holds for all runs.

    Attributes:
        owed: what is being settled.

    Args:
        settings: which providers there are; `test` is always there.
        secrets: their keys.
        clock: time.
    """

    def __init__(self, settings: ModelSettings, secrets: Secrets, clock: Clock) -> None:
        self._settings, self._secrets, self.owed = settings, secrets, Owed()
        self._providers = {**settings.providers, TEST.name: TEST}
        self._gates = {
            name: Gate(name, one.per_minute, clock) for name, one in self._providers.items()
        }

    def choose(self, name: str) -> ChosenModel:
        """The model of that name; nobody is asked whether it exists.

        Raises:
            Failed: `no-model`, its provider is not declared.
        """
        provider_name, _, model = name.partition(":")
        provider = self._providers.get(provider_name)
        if provider is None:
            known = ", ".join(sorted(self._providers))
            what = f"there is no provider `{provider_name}`, only {known}: declare it in {VARIABLE}"
            raise Failed("no-model", what, where=name)
        if not model and provider is not TEST:
            raise Failed("no-model", "expected `provider:model`", where=name)
        return ChosenModel(name, model or provider_name, provider, self._gates[provider_name])

    def to_json(self) -> list[dict[str, Any]]:
        """Their providers, by name, as clients see them: no key and no reference of one."""
        return [self._told(provider) for _, provider in sorted(self._providers.items())]

    def _told(self, provider: Provider) -> dict[str, Any]:
        vendor = model_vendors.vendor(provider.vendor)
        return {
            "name": provider.name,
            "vendor": vendor.name,
            "title": vendor.title,
            "base_url": provider.base_url or vendor.base_url,
            "key": bool(provider.api_key),
            "installed": not vendor.extra or discover.installed(vendor.extra),
            "state": self._gates[provider.name].state,
        }

    @asynccontextmanager
    async def opened(self, chosen: ChosenModel) -> "AsyncIterator[Model]":
        """For as long as it is held.

        Raises:
            Failed: `no-model`, what it needs is not installed.
            SecretError: its key cannot be found.
        """
        provider = chosen.provider
        vendor = model_vendors.vendor(provider.vendor)
        key = self._secrets.resolve(provider.api_key) if provider.api_key else ""
        url = provider.base_url or vendor.base_url
        access = Access(provider.name, url, key, provider.timeout)
        opening = vendor.open(chosen.model, access)
        try:
            model = await opening.__aenter__()
        except ImportError as error:
            extra = f"pydantic-ai-slim[{vendor.extra}]"
            what = f"the vendor `{vendor.name}` needs the package `{extra}`, which is not installed"
            raise Failed("no-model", what, where=chosen.name) from error
        try:
            yield model
        finally:
            await opening.__aexit__(None, None, None)

    def micros(self, chosen: ChosenModel, tokens: tuple[int, int]) -> int | None:
        """Millionths of a US dollar for so many tokens in and out; None when nobody knows."""
        price = self._settings.prices.get(chosen.name)
        return micros(price, chosen.provider, chosen.model, tokens)
