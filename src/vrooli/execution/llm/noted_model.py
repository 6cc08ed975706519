"""A model each of whose answers is paid for once: it is noted in the journal of the run."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from vrooli.core.amounts import dollars
from vrooli.execution.llm.failures import translated
from vrooli.execution.llm.models import ChosenModel, Models
from vrooli.execution.llm.owed import Bill
from vrooli.execution.llm.request import described, kept, response_of
from vrooli.execution.llm.streamed import told
from vrooli.execution.saying import Place, Saying
from vrooli.execution.spending import Amount, Spending
from vrooli.execution.step_type import StepCall
from vrooli.flow.budget import MICROS
from vrooli.flow.failed import Failed
from vrooli.flow.notes import WITHIN, Note, Turn

CHARACTERS = 3
"""Of a request for one token, at least: what is set aside for it errs to the safe side."""

NOTHING = Amount(0, 0)

Ask = Callable[[], Awaitable[ModelResponse]]


@dataclass
class Spent:
    """By one step, what earlier attempts paid for included.

    Attributes:
        requests: that were answered.
        tokens: in and out together.
        micros: millionths of a US dollar; None when the price of one is not known.
    """

    requests: int = 0
    tokens: int = 0
    micros: int | None = 0

    def add(self, amount: Amount) -> None:
        """One more request."""
        self.requests += 1
        self.tokens += amount.tokens
        both = self.micros is not None and amount.micros is not None
        self.micros = (self.micros or 0) + (amount.micros or 0) if both else None


@dataclass
class Way:
    """How requests get there, and what they cost.

    Attributes:
        call: the step that asks.
        models: all of them.
        chosen: the one that is asked.
        spending: what the run may spend.
        saying: tells those who watch what it says.
        most_tokens: of one answer.
        most_micros: of all answers, in millionths of a US dollar; None: any.
        spent: so far.
        numbers: those of the tool calls of the last answer, by their id.
    """

    call: StepCall
    models: Models
    chosen: ChosenModel
    spending: Spending
    saying: Saying
    most_tokens: int
    most_micros: int | None = None
    spent: Spent = field(default_factory=Spent)
    numbers: dict[str, int] = field(default_factory=dict)
    called: int = 0

    def price(self, tokens_in: int, tokens_out: int) -> Amount:
        """Of so many tokens."""
        micros = self.models.micros(self.chosen, (tokens_in, tokens_out))
        return Amount(tokens_in + tokens_out, micros)

    async def afford(self, most: Amount) -> None:
        """Go on only where the step may spend that. What was cut off counts as in the budget; no
        note tells of it.

        Raises:
            Failed: `limit`.
        """
        if self.most_micros is None:
            return
        if most.micros is None or self.spent.micros is None:
            what = f"nobody knows what {self.chosen.name} costs, and the step has a limit"
            raise Failed("limit", what, where="limits.cost")
        await self.models.owed.run_settled(self.call.run)
        booked = await self.spending.spent(self.call.run, self.call.path)
        spent = max(booked, self.spent.micros)
        if spent + most.micros > self.most_micros:
            left = max(0, self.most_micros - spent) / MICROS
            may = dollars(most.micros / MICROS)
            what = f"the next request may cost {may}, and {dollars(left)} are left"
            raise Failed("limit", what, where="limits.cost")

    async def set_aside(self, key: str, most: Amount) -> Bill:
        """Under a key of its own for each request that is sent: one that was cut off is spent, and
        so is one whose answer was lost before it was noted. Only what a process that died left open
        is gone on with.

        Raises:
            StepFailed: `budget`.
        """
        for number in itertools.count(1):
            bill = Bill(self.spending, self.call.run, key if number == 1 else f"{key}~{number}")
            await self.models.owed.settled(bill)
            if await self.spending.reserve(bill.run, bill.key, most):
                return bill
        raise AssertionError("numbers do not end")


def measured(response: ModelResponse, size: int) -> ModelResponse:
    """With its usage, which some servers do not tell: then an estimate.

    Args:
        response: as it came.
        size: characters of the request.
    """
    usage = response.usage
    if usage.input_tokens + usage.output_tokens == 0:
        written = len(str(kept(response)["parts"]))
        response.usage = RequestUsage(
            input_tokens=size // CHARACTERS + 1, output_tokens=written // CHARACTERS + 1
        )
    return response


class NotedModel(WrapperModel):
    """One conversation with it."""

    def __init__(self, wrapped: Model, way: Way) -> None:
        super().__init__(wrapped)
        self._way = way
        self._asked = 0

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """What it answered to this very request, be it before a crash; else it is asked."""
        way = self._way
        self._asked += 1
        request = described(way.chosen.name, messages, model_settings, model_request_parameters)
        note = Note(f"model[{self._asked}]", "model", request, repeatable=True)

        async def paid(turn: Turn) -> Any:
            place = Place(way.call.run, f"{way.call.path}{WITHIN}{note.name}", turn.number)

            async def ask() -> ModelResponse:
                try:
                    asked = (messages, model_settings, model_request_parameters)
                    if not way.chosen.provider.stream:
                        return await self.wrapped.request(*asked)
                    async with self.wrapped.request_stream(*asked) as stream:
                        return await told(stream, way.saying, place)
                except Failed:
                    raise
                except Exception as error:
                    raise translated(error, way.chosen.name) from error

            return kept(await self._paid(turn, len(str(request)), ask))

        response = response_of(await way.call.notes.once(note, paid))
        self._count(response)
        way.spent.add(way.price(response.usage.input_tokens, response.usage.output_tokens))
        return response

    async def _paid(self, turn: Turn, size: int, ask: Ask) -> ModelResponse:
        """Set aside what it may cost at most, ask, settle what it did cost."""
        way, sent = self._way, False
        most = way.price(size // CHARACTERS + 1, way.most_tokens)
        await way.afford(most)
        bill = await way.set_aside(f"{turn.key}:{turn.number}", most)

        async def send() -> ModelResponse:
            nonlocal sent
            sent = True
            return await ask()

        try:
            response = measured(await way.chosen.gate.through(send), size)
        except Failed as error:
            # Without an end in time it may have been answered, and paid for, all the same.
            await way.models.owed.settle(bill, most if error.kind == "timeout" else NOTHING)
            raise
        except asyncio.CancelledError:
            await way.models.owed.cut_off(bill, most if sent else NOTHING)
            raise
        usage = response.usage
        real = way.price(usage.input_tokens, usage.output_tokens)
        await way.models.owed.settle(bill, real)
        return response

    def _count(self, response: ModelResponse) -> None:
        """Calls get their numbers by their order in the answers: the same in every attempt."""
        if response.finish_reason == "length":
            what = f"the answer was cut off after {response.usage.output_tokens} tokens"
            raise Failed("limit", what, where="limits.answer_tokens")
        calls = [part for part in response.parts if isinstance(part, ToolCallPart)]
        self._way.numbers = {
            one.tool_call_id: self._way.called + number for number, one in enumerate(calls, 1)
        }
        if len(self._way.numbers) < len(calls):
            raise Failed("garbage", "two of its tool calls have one id", where=self.model_name)
        self._way.called += len(calls)
