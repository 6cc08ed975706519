"""Language models as this environment declares them, or else a stack for its services."""

from collections.abc import Mapping
from pathlib import Path

from vrooli.execution.llm.settings import VARIABLE, ModelSettings
from vrooli.host.secrets import FileSecrets
from vrooli.main.working import models_of
from vrooli.stack.model import Stack
from vrooli.stack.references import resolved

_NAMES = (VARIABLE, f"{VARIABLE}_FILE")


def models_declared(stack: Stack, environment: Mapping[str, str]) -> ModelSettings:
    """Those of the first service that is given any, where the environment has none.

    Raises:
        UsageError: with the place of what is wrong, or the file that cannot be read.
        SecretError: a reference leads nowhere.
    """
    given = [environment, *(service.env for service in stack.services.values())]
    found = next((one for one in given if any(one.get(name) for name in _NAMES)), {})
    secrets = FileSecrets(Path(), environment)
    values = {name: found[name] for name in _NAMES if found.get(name)}
    return models_of({name: resolved(one, secrets) for name, one in values.items()})
