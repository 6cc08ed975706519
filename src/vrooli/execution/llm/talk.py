"""One conversation with a model, from the prompt to what the step comes to."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from pydantic import ValidationError
from pydantic_ai import Agent, ModelRetry, StructuredDict, UsageLimits
from pydantic_ai.exceptions import AgentRunError, UserError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter
from pydantic_ai.settings import ModelSettings

from vrooli.execution.llm.failures import translated
from vrooli.execution.llm.noted_model import NotedModel, Way
from vrooli.execution.llm.noted_tools import NotedTools
from vrooli.execution.llm.strategy import Strategy
from vrooli.execution.step_type import StepCall, StepFailed, StepTools

CORRECTIONS = 2
"""How often a model is asked again for an output that does not fit."""


async def talk(call: StepCall, tools: StepTools, strategy: Strategy) -> dict[str, Any]:
    """The output of the step."""
    given = call.arguments
    chosen = tools.models.choose(given["model"])
    way = Way(call, tools.models, chosen, tools.spending, strategy.answer_tokens)
    history = _history(given.get("history", []))
    async with tools.models.opened(chosen) as model:
        agent = _agent(given, NotedModel(model, way), NotedTools(strategy.tools, way, tools))
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


def _agent(given: Mapping[str, Any], model: NotedModel, tools: NotedTools) -> Agent[None, Any]:
    agent: Agent[None, Any] = Agent(
        model,
        output_type=_output_type(given),
        instructions=given.get("instructions"),
        toolsets=[tools] if tools.names else [],
        retries={"output": CORRECTIONS},
        deps_type=type(None),
    )
    if "output" in given:
        validator = Draft202012Validator(given["output"])

        @agent.output_validator
        def fits(value: Any) -> Any:
            for error in validator.iter_errors(value):
                place = ".".join(map(str, error.absolute_path))
                raise ModelRetry(f"{place or 'the output'}: {error.message[:500]}")
            return value

    return agent


def _output_type(given: Mapping[str, Any]) -> Any:
    if "output" not in given:
        return str
    try:
        Draft202012Validator.check_schema(given["output"])
        return StructuredDict(given["output"], name="answer")
    except (SchemaError, UserError) as error:
        what = f"it is no JSON Schema of an object: {str(error.message)[:300]}"
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
