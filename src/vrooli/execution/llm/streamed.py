"""An answer that comes word by word: told to those who watch, and whole in the end."""

from pydantic_ai.messages import (
    ModelResponse,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
)
from pydantic_ai.models import StreamedResponse

from vrooli.execution.saying import Place, Saying


async def told(stream: StreamedResponse, saying: Saying, place: Place) -> ModelResponse:
    """All of it. Raises what the stream raises, also in the middle."""
    try:
        async for event in stream:
            if text := _words(event):
                saying.say(place, text)
        return stream.get()
    finally:
        saying.over(place)


def _words(event: ModelResponseStreamEvent) -> str:
    """What it adds to the text; thoughts and calls of tools are none."""
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return event.part.content
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return event.delta.content_delta
    return ""
