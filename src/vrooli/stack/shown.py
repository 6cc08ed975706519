"""The compiled stack, as it may be shown to people who only look."""

from collections.abc import Mapping
from typing import Any

from vrooli.stack.model import Stack
from vrooli.stack.plaintext import is_plain_secret

HIDDEN = "(hidden: it stands in plain text in the file)"


def shown(stack: Stack) -> dict[str, Any]:
    """As `Stack.to_json`. References to secrets stay what they are; what looks like a secret itself
    is hidden.
    """
    found: dict[str, Any] = _hidden("", stack.to_json())
    return found


def _hidden(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _hidden(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(name, item) for item in value]
    return HIDDEN if isinstance(value, str) and is_plain_secret(name, value) else value
