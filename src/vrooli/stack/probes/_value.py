"""Values of a service's `env`, for probes, which know the home alone."""

from vrooli.stack.compiled import read_compiled
from vrooli.stack.kind import Place
from vrooli.stack.launching import resolve
from vrooli.stack.references import resolved


def value_of(value: str, place: Place) -> str:
    """An `env` value; `resource:NAME` is looked up in the compiled stack of the home.

    Raises:
        ConfigError: no such resource, or no compiled stack.
        SecretError: the secret cannot be resolved.
    """
    if not value.startswith("resource:"):
        return resolved(value, place.secrets)
    return resolve(value, read_compiled(place.home.stack_json), place)
