"""What a vendor of language models is: one file in `models/` that defines `vendor`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded with the first step that asks a model, not with the server
    from pydantic_ai.models import Model


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a provider.

    Attributes:
        name: of the provider.
        base_url: where.
        api_key: the value; empty: none.
        timeout: seconds for one request.
    """

    name: str
    base_url: str
    api_key: str
    timeout: float


@dataclass(frozen=True, slots=True)
class Vendor:
    """Whose API a provider speaks.

    Attributes:
        name: that of its file.
        title: for a list.
        open: the model of that name, for as long as it is held. `ImportError` when `extra` is not
            installed.
        base_url: where it is unless a provider says otherwise.
        extra: of `pydantic-ai-slim`, which it needs, called like its package; empty: none.
    """

    name: str
    title: str
    open: "Callable[[str, Access], AbstractAsyncContextManager[Model]]"
    base_url: str = ""
    extra: str = ""
