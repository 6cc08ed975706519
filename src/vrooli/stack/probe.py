"""One look at a service, whatever its kind: bounded in time, and always a result."""

import asyncio
import time
from dataclasses import replace
from types import FunctionType

import vrooli.stack.probes
from vrooli.core import discover
from vrooli.core.errors import (
    AccessDenied,
    DeadlineExceeded,
    ProtocolError,
    Unreachable,
    Unresolved,
    VrooliError,
)
from vrooli.core.result import Result, critical, unknown
from vrooli.stack.kind import ProbeTools
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Service

_FILES = {"exec": "exec_", "kind": "process"}
"""Where the file is not called as the type: `exec` is a word of Python."""


async def probe(service: Service, tools: ProbeTools) -> Result:
    """Look once, for at most `service.health.timeout` seconds; raises only when it is cancelled.

    The value is how long the answer took, in ms, unless the probe measured something else.
    `details["answered"]` is True when a critical peer did answer, so that nobody takes it for hung;
    `details["unresolved"]` is the host name that could not be resolved, so that nobody was asked.
    """
    began = time.perf_counter()
    result = await _judged(service, tools)
    if result.value is not None:
        return result
    return replace(result, value=round(1000 * (time.perf_counter() - began), 3), unit="ms")


async def _judged(service: Service, tools: ProbeTools) -> Result:
    limit = service.health.timeout
    try:
        async with asyncio.timeout(limit):
            return await _look(service, tools)
    except TimeoutError:
        return critical(f"no answer within {limit:g} s", timeout=limit)
    except AccessDenied as error:
        return critical(f"refuses our password or role: {error.what}", answered=True)
    except Unresolved as error:
        return critical(_sentence(error), unresolved=error.name)
    except (Unreachable, DeadlineExceeded, ProtocolError) as error:
        return critical(_sentence(error))
    except VrooliError as error:
        return unknown(f"could not look: {_sentence(error)}")
    except Exception as error:  # noqa: BLE001 -- a defect in one probe must not stop the rest
        return unknown(f"could not look: the probe failed ({type(error).__name__})")


async def _look(service: Service, tools: ProbeTools) -> Result:
    chosen = service.health.type
    if chosen == "kind" and (result := await kind_of(service).probe(service, tools)):
        return result
    look = discover.load(vrooli.stack.probes, _FILES.get(chosen, chosen), "probe", FunctionType)
    answer: Result = await look(service, tools)
    return answer


def _sentence(error: VrooliError) -> str:
    return f"{error.where}: {error.what}" if error.where else error.what
