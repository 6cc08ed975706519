"""Executes steps by their types: bounded in time and size, and always with an answer."""

import asyncio
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from vrooli.core.errors import VrooliError
from vrooli.execution import wrong_argument
from vrooli.execution.journal import UNKNOWN
from vrooli.execution.step_type import StepCall, StepFailed, StepTools
from vrooli.execution.step_types import step_type, validator
from vrooli.flow.budget import OverBudget
from vrooli.flow.driver import Parked
from vrooli.flow.entries import Failure, Finished
from vrooli.flow.failed import failure_of
from vrooli.flow.interpreter import Call
from vrooli.flow.notes import NoNotes, Notes

LARGEST = 4 * 1024 * 1024
"""Bytes of an output, as JSON. Larger ones would hold up everything else in the process for too
long while they are read and written.
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StepExecutor:
    """See `flow.driver.Executor`.

    Attributes:
        run: id of the run whose steps these are.
        tools: what they work with.
        notes: those of the step at a path.
    """

    run: str
    tools: StepTools
    notes: Callable[[str], Notes] = lambda path: NoNotes()

    def repeatable(self, call: Call) -> bool:
        """See the port."""
        try:
            return step_type(call.node.type).repeatable(call.arguments)
        except Exception:  # noqa: BLE001 -- nobody has compared the arguments with the schema yet
            return False

    def lasting(self, call: Call) -> bool:
        """See the port."""
        return step_type(call.node.type).lasting

    async def execute(self, call: Call, begun: float) -> Finished:
        """See the port."""
        output, failure = None, None
        try:
            async with asyncio.timeout(None if self.lasting(call) else call.node.timeout):
                output = await self._output(call, begun)
        except Parked:
            raise
        except TimeoutError:
            failure = self._too_late(call)
        except OverBudget:
            raise
        except VrooliError as error:
            failure = failure_of(error)
        except UnicodeEncodeError:
            failure = Failure("arguments", "a text in them holds half of a character")
        except Exception as error:  # noqa: BLE001 -- a defect in one type must not end the worker
            _log.exception("step %s of run %s", call.path, self.run)
            failure = Failure("defect", f"the step type failed ({type(error).__name__})")
        now = self.tools.clock.wall()
        said = failure and replace(
            failure, reason=_writable(failure.reason), where=_writable(failure.where)
        )
        return Finished(call.path, call.attempt, call.node.type, output, said, now)

    def _too_late(self, call: Call) -> Failure:
        """Whatever it was doing may have been done: then it is for a person to decide."""
        said = f"no end within {call.node.timeout:g} s"
        if self.repeatable(call):
            return Failure("timeout", said, retryable=True)
        return Failure(UNKNOWN, f"{said}, and nobody knows whether it was done", call.path)

    async def _output(self, call: Call, begun: float) -> object:
        kind = step_type(call.node.type)
        for error in validator(call.node.type).iter_errors(call.arguments):
            place = ".".join(map(str, error.absolute_path))
            raise StepFailed("arguments", wrong_argument.said(error), where=place)
        key, at = f"{self.run}:{call.path}", (call.path, call.attempt)
        asked = StepCall(self.run, key, call.arguments, begun, *at, self.notes(call.path))
        return storable(await kind.run(asked, self.tools))


def storable(output: object, name: str = "the output") -> object:
    """As it will be read back: what sees it now must see the same in a replay.

    Args:
        output: to be stored.
        name: what errors call it.

    Raises:
        StepFailed: it is no JSON, too large, or cannot be stored.
    """
    try:
        text = json.dumps(output, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise StepFailed("output", f"{name} cannot be written down as JSON") from error
    if len(text) > LARGEST:
        raise StepFailed("output", f"{name} has more than {LARGEST} bytes: {len(text)}")
    if _UNSTORABLE.search(text):
        raise StepFailed("output", f"{name} holds a character that cannot be stored")
    return json.loads(text)


def _writable(text: str) -> str:
    """Others chose a part of it: what cannot be stored would keep the whole failure from being."""
    return text.encode(errors="replace").decode().replace("\0", "�")


_UNSTORABLE = re.compile(
    r"(?<!\\)(?:\\\\)*\\u(?:0000|d[89ab]..(?!\\ud[c-f])|(?<!\\ud[89ab]..\\u)d[c-f])"
)
"""In JSON that is all ASCII: NUL, and half of a pair of surrogates. PostgreSQL takes neither."""
