"""A request to a model as data: what makes it another one, and its answer as it is kept."""

from typing import Any

from pydantic import TypeAdapter
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.settings import ModelSettings

_PARAMETERS: TypeAdapter[ModelRequestParameters] = TypeAdapter(ModelRequestParameters)

_OF_A_MESSAGE = ("timestamp", "run_id", "conversation_id", "metadata", "workspace_ref")
_OF_A_PART = ("timestamp", "metadata")


def described(
    model: str,
    messages: list[ModelMessage],
    settings: ModelSettings | None,
    parameters: ModelRequestParameters,
) -> dict[str, Any]:
    """The same for the same request, in another attempt as well: without times and random ids."""
    told = ModelMessagesTypeAdapter.dump_python(messages, mode="json")
    return {
        "model": model,
        "messages": [_lasting(message) for message in told],
        "settings": dict(settings or {}),
        "parameters": _PARAMETERS.dump_python(parameters, mode="json"),
    }


def _lasting(message: dict[str, Any]) -> dict[str, Any]:
    kept = {name: one for name, one in message.items() if name not in _OF_A_MESSAGE}
    return {**kept, "parts": [_lasting_part(part) for part in message["parts"]]}


def _lasting_part(part: dict[str, Any]) -> dict[str, Any]:
    kept = {name: one for name, one in part.items() if name not in _OF_A_PART}
    if kept.get("tool_name") is None:  # then its id was made here, at random
        kept.pop("tool_call_id", None)
    return kept


def kept(response: ModelResponse) -> Any:
    """An answer as a JSON value."""
    return ModelMessagesTypeAdapter.dump_python([response], mode="json")[0]


def response_of(value: Any) -> ModelResponse:
    """The answer that was kept."""
    (response,) = ModelMessagesTypeAdapter.validate_python([value])
    assert isinstance(response, ModelResponse)
    return response
