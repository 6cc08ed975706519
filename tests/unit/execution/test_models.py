"""Which model is asked, and what it costs."""

from typing import Any

import pytest

from tests.support.steps import executed, failure, tools
from vrooli.execution import model_vendors
from vrooli.execution.llm.models import Models
from vrooli.execution.llm.settings import ModelSettings, Price, Provider
from vrooli.flow.failed import Failed
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.secrets import MemorySecrets

HOUSE = Provider("house", "openai", "http://127.0.0.1:1/v1")
OPENAI = Provider("openai", "openai")


def models(*providers: Provider, **prices: Price) -> Models:
    named = {name.replace("_", ":"): one for name, one in prices.items()}
    settings = ModelSettings({one.name: one for one in providers}, named)
    return Models(settings, MemorySecrets(), MemoryClock())


def cost(known: Models, name: str) -> int | None:
    return known.micros(known.choose(name), (1000, 100))


def test_a_price_is_that_of_the_settings_else_the_known_one_else_nobody_s() -> None:
    known = models(HOUSE, OPENAI, house_a=Price(0.15, 0.6))
    assert cost(known, "house:a") == 210
    assert cost(known, "house:gpt-4o") is None, "what a house of one's own takes nobody knows"
    assert cost(known, "openai:gpt-4o") == 2500 + 1000
    assert cost(known, "openai:nosuch") is None
    assert cost(known, "test") == 0


@pytest.mark.parametrize("name", ["nosuch:a", "house", "house:"])
def test_what_is_not_declared_is_no_model(name: str) -> None:
    with pytest.raises(Failed) as caught:
        models(HOUSE).choose(name)
    assert caught.value.kind == "no-model"


async def ends(provider: Provider, **arguments: Any) -> Any:
    given = tools(models=models(provider))
    asked = {"model": f"{provider.name}:a", "prompt": "x", **arguments}
    return await executed("llm", asked, given)


async def test_without_a_provider_the_setting_is_named() -> None:
    end = await executed("llm", {"model": "openai:gpt-5", "prompt": "x"}, tools())
    assert failure(end) == ("no-model", False)
    assert "VROOLI_MODELS" in str(end.failure)


async def test_a_vendor_that_is_not_installed_names_its_package() -> None:
    end = await ends(Provider("anthropic", "anthropic"))
    assert failure(end) == ("no-model", False)
    assert "pydantic-ai-slim[anthropic]" in str(end.failure)


async def test_a_key_that_is_not_there_is_told_by_its_reference() -> None:
    end = await ends(Provider("openai", "openai", "", "env:NOBODY"))
    assert failure(end) == ("failed", False)
    assert "env:NOBODY" in str(end.failure)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"output": {"type": "string"}}, "output"),
        ({"output": {"type": "object", "properties": 1}}, "output"),
        ({"output": {"$ref": "http://127.0.0.1:1/schema"}}, "output"),
        ({"output": {"type": "object", "properties": {"a": {"$ref": "#"}}}}, "output"),
        ({"history": [{"kind": "nothing"}]}, "history"),
    ],
)
async def test_arguments_that_mean_nothing(arguments: dict[str, Any], where: str) -> None:
    end = await ends(HOUSE, **arguments)
    assert failure(end) == ("arguments", False)
    assert end.failure.where == where


def test_every_vendor_is_called_like_its_file() -> None:
    assert [model_vendors.vendor(name).name for name in model_vendors.names()] == [
        "anthropic",
        "ollama",
        "openai",
        "test",
    ]


def test_clients_see_no_key() -> None:
    provider = Provider("house", "openai", "http://127.0.0.1:1/v1", "env:HOUSE_KEY")
    house, test = models(provider).to_json()
    assert house == {
        "name": "house",
        "vendor": "openai",
        "title": model_vendors.vendor("openai").title,
        "base_url": "http://127.0.0.1:1/v1",
        "key": True,
        "installed": True,
        "state": "ok",
    }
    assert (test["name"], test["base_url"], test["installed"]) == ("test", "", True)
    (claude, _) = models(Provider("claude", "anthropic")).to_json()
    assert (claude["installed"], claude["base_url"]) == (False, "https://api.anthropic.com")


async def test_clients_see_who_is_down() -> None:
    known = models(HOUSE)
    given = tools(models=known)
    for _ in range(5):
        end = await executed("llm", {"model": "house:a", "prompt": "x"}, given)
        assert failure(end) == ("unreachable", True)
    assert [one["state"] for one in known.to_json()] == ["down", "ok"]
