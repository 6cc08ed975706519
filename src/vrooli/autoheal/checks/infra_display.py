"""Whether the X server answers in its own protocol."""

from vrooli.autoheal.check import Check, Look
from vrooli.core.address import UnixPath
from vrooli.core.result import Result, critical, not_applicable, ok
from vrooli.core.status import Status
from vrooli.stack.wire.incoming import Incoming

_FOLDER = "/tmp/.X11-unix"
_HELLO = b"l\0" + (11).to_bytes(2, "little") + bytes(8)
"""Protocol 11.0, least significant byte first, without authorisation (X11 protocol, 8)."""
_ANSWERS = {0: "refuses us, as it should", 1: "answers", 2: "asks who we are"}


async def _run(look: Look) -> Result:
    screens = [name for name in look.facts.files.names(_FOLDER) if name[1:].isdigit()]
    if not screens:
        return not_applicable("no X server runs here")
    told = []
    for name in screens:
        said = _ANSWERS.get(await _ask(look, f"{_FOLDER}/{name}"))
        if said is None:
            return critical(f":{name[1:]} does not speak X11", len(screens), "screens")
        told.append(f":{name[1:]} {said}")
    return ok(", ".join(told), len(screens), "screens")


async def _ask(look: Look, path: str) -> int:
    stream = await look.facts.tools.streams.open(UnixPath(path))
    try:
        await stream.write(_HELLO)
        return (await Incoming(stream, 64).exactly(1))[0]
    finally:
        await stream.close()


CHECK = Check(
    id="infra-display",
    title="Display",
    why="Programs with a window, also those that a robot uses, need it.",
    category="infra",
    interval=60.0,
    unit="screens",
    thresholds=None,
    run=_run,
    silence=Status.CRITICAL,
)
