"""One conversation with a model, from the prompt to what the step comes to."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_ai import Agent, ModelRetry, StructuredDict, UsageLimits
from pydantic_ai.exceptions import AgentRunError, UserError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.settings import ModelSettings

from vrooli.execution.json_schema import BadSchema, Schema
from vrooli.execution.llm.failures import translated
from vrooli.execution.llm.noted_mcp import NotedMcp, offered
from vrooli.execution.llm.noted_model import NotedModel, Way
from vrooli.execution.llm.noted_tools import NotedTools
from vrooli.execution.llm.strategy import CORRECTIONS, Strategy
from vrooli.execution.step_type import StepCall, StepFailed, StepTools


async def talk(call: StepCall, tools: StepTools, strategy: Strategy) -> dict[str, Any]:
    """The output of the step."""
    given = call.arguments
    chosen = tools.models.choose(given["model"])
    way = Way(
        call=call,
        models=tools.models,
        chosen=chosen,
        spending=tools.spending,
        saying=tools.saying,
        most_tokens=strategy.answer_tokens,
        most_micros=strategy.micros,
    )
    history = _history(given.get("history", []))
    own = [NotedTools(strategy.tools, way, tools)] if strategy.tools else []
    async with (
        tools.models.opened(chosen) as model,
        offered(strategy.servers, tools.mcp, way) as others,
    ):
        agent = _agent(given, NotedModel(model, way), [*own, *others])
        try:
            result = await agent.run(
                given["prompt"],
                message_history=history,
                model_settings=_settings(strategy),
                usage_limits=UsageLimits(
                    request_limit=strategy.requests, total_tokens_limit=strategy.tokens
                ),
            )
        except AgentRunError as error:
            raise translated(error, chosen.name) from error
        except UserError as error:
            raise StepFailed("arguments", error.message[:300]) from error
        except BadSchema as error:
            raise StepFailed("arguments", error.what, where="output") from error
    spent = way.spent
    output: dict[str, Any] = {
        "json" if "output" in given else "text": result.output,
        "model": chosen.name,
        "usage": {"requests": spent.requests, "tokens": spent.tokens, "micros": spent.micros},
    }
    if strategy.keeps_history:
        messages = result.all_messages()
        output["history"] = ModelMessagesTypeAdapter.dump_python(messages, mode="json")
    return output


def _agent(
    given: Mapping[str, Any], model: NotedModel, tools: list[NotedTools | NotedMcp]
) -> Agent[None, Any]:
    try:
        agent: Agent[None, Any] = Agent(
            model,
            output_type=_output_type(given),
            instructions=given.get("instructions"),
            toolsets=tools,
            retries={"output": CORRECTIONS},
            deps_type=type(None),
        )
    except LookupError as error:
        what = "a reference in it leads nowhere, or in a circle"
        raise StepFailed("arguments", what, where="output") from error
    if "output" in given:
        schema = Schema(given["output"])

        @agent.output_validator
        def fits(value: Any) -> Any:
            for place, why in schema.mistakes(value, 1):
                raise ModelRetry(f"{place or 'the output'}: {why}")
            return value

    return agent


def _output_type(given: Mapping[str, Any]) -> Any:
    if "output" not in given:
        return str
    try:
        Schema(given["output"])
        return StructuredDict(given["output"], name="answer")
    except BadSchema as error:
        raise StepFailed("arguments", error.what, where="output") from error
    except UserError as error:
        what = f"it is no JSON Schema of an object: {error.message[:300]}"
        raise StepFailed("arguments", what, where="output") from error


def _settings(strategy: Strategy) -> ModelSettings:
    settings = ModelSettings(max_tokens=strategy.answer_tokens)
    if strategy.temperature is not None:
        settings["temperature"] = strategy.temperature
    return settings


def _history(said: list[Any]) -> list[ModelMessage]:
    try:
        return ModelMessagesTypeAdapter.validate_python(said)
    except ValidationError as error:
        what = "it is no `history` of an `llm` step"
        raise StepFailed("arguments", what, where="history") from error
