"""Which models there are, by the settings of the server."""

from pathlib import Path

import pytest

from vrooli.core.errors import UsageError
from vrooli.execution import model_vendors
from vrooli.execution.llm.settings import NO_MODELS, ModelSettings, Price, Provider, read
from vrooli.main.server import settings_from

WHOLE = """
[providers.openai]
api_key = "env:OPENAI_API_KEY"
[providers.ollama]
[providers.house]
base_url = "http://gpu-1:8000/v1"
requests_per_minute = 120
timeout = 9.5
[providers.claude]
vendor = "anthropic"
api_key = "file:/etc/key"
[prices."house:qwen3"]
input = 0.1
output = 4
"""


def settings(text: str) -> ModelSettings:
    return read(text, model_vendors.names())


def test_every_key_is_taken() -> None:
    assert settings(WHOLE) == ModelSettings(
        {
            "openai": Provider("openai", "openai", "", "env:OPENAI_API_KEY"),
            "ollama": Provider("ollama", "ollama"),
            "house": Provider(
                "house", "openai", "http://gpu-1:8000/v1", per_minute=120, timeout=9.5
            ),
            "claude": Provider("claude", "anthropic", "", "file:/etc/key"),
        },
        {"house:qwen3": Price(0.1, 4.0)},
    )
    assert settings("") == NO_MODELS


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[providers", "VROOLI_MODELS"),
        ("models = 1", "VROOLI_MODELS: models"),
        ("providers = 1", "VROOLI_MODELS: providers"),
        ("[providers.Big]", "VROOLI_MODELS: providers.Big"),
        ("[providers.test]", "VROOLI_MODELS: providers.test"),
        ("[providers.house]", "VROOLI_MODELS: providers.house"),
        ('[providers.ollama]\nkey = "sk-1"', "VROOLI_MODELS: providers.ollama.key"),
        ('[providers.openai]\napi_key = "sk-1"', "VROOLI_MODELS: providers.openai.api_key"),
        ('[providers.x]\nvendor = "y"', "VROOLI_MODELS: providers.x.vendor"),
        ('[providers.x]\nbase_url = "ftp://y"', "VROOLI_MODELS: providers.x.base_url"),
        ('[providers.x]\nbase_url = "http://u:sk-1@y"', "VROOLI_MODELS: providers.x.base_url"),
        ("[providers.ollama]\ntimeout = true", "VROOLI_MODELS: providers.ollama.timeout"),
        ("[providers.ollama]\ntimeout = 0", "VROOLI_MODELS: providers.ollama.timeout"),
        ("[providers.ollama]\ntimeout = nan", "VROOLI_MODELS: providers.ollama.timeout"),
        (
            "[providers.ollama]\nrequests_per_minute = -1",
            "VROOLI_MODELS: providers.ollama.requests_per_minute",
        ),
        ('[prices."a:b"]\ninput = 1', 'VROOLI_MODELS: prices."a:b".output'),
    ],
)
def test_a_mistake_is_told_by_its_place_and_without_its_value(text: str, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings(text)
    assert caught.value.where == where
    assert "sk-1" not in str(caught.value)


def test_the_server_reads_them_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(WHOLE, encoding="utf-8")
    environment = {"DATABASE_URL": "postgresql://x", "VROOLI_DATA": str(tmp_path)}
    assert settings_from(environment).models == NO_MODELS
    found = settings_from({**environment, "VROOLI_MODELS_FILE": str(file)}).models
    assert sorted(found.providers) == ["claude", "house", "ollama", "openai"]
