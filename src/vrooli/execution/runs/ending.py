"""What a run may come to."""

import json
from typing import TypeVar

from vrooli.flow.entries import Failure
from vrooli.flow.interpreter import Broken, Done

LARGEST = 8 * 1024 * 1024
"""Bytes of the output of a run, as JSON: whoever asks for it holds it in memory."""

T = TypeVar("T")


def bounded(end: T) -> T | Broken:
    """How it ended; one whose output nobody could take has failed."""
    if not isinstance(end, Done) or len(json.dumps(end.value)) <= LARGEST:
        return end
    reason = f"the output of the run has more than {LARGEST} bytes: say less under `output`"
    return Broken(Failure("output", reason, where="output"))
