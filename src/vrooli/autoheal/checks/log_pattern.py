"""Lines of a log that match a pattern, among those that came lately."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.lately import lately
from vrooli.core.result import Result, ok, warning
from vrooli.stack.durations import parse_ago
from vrooli.stack.model import Thresholds
from vrooli.stack.option_keys import expression, length

_MOST = 4 * 2**20  # bytes read in one look; of more, the latest count


@dataclass(frozen=True, slots=True)
class LogPattern:
    """Keys of `kind = "log-pattern"`.

    Attributes:
        path: the log file.
        pattern: a regular expression.
        window: how long a line counts, so that more than one look sees a burst.
    """

    path: str
    pattern: str
    window: str = "5m"

    def __post_init__(self) -> None:
        """Refuse what could never be looked at."""
        expression("pattern", self.pattern)
        length("window", self.window)


def _run(look: Look) -> Result:
    options: LogPattern = look.options
    facts = look.facts.files.facts(options.path)
    if facts is None:
        return warning(f"there is no {options.path}")
    before = look.before.details if look.before else {}
    if "offset" not in before:
        place = {"inode": facts.inode, "offset": facts.size}
        return ok("counted from the next look on", 0, "lines", **place)
    rotated = before["inode"] != facts.inode or facts.size < before["offset"]
    begin = max(0 if rotated else before["offset"], facts.size - _MOST)
    content = look.facts.files.read(options.path, _MOST, begin) or b""
    found = _matching(content, options.pattern)
    last = found[-1][:200] if found else before.get("last", "")
    place = {"inode": facts.inode, "offset": begin + len(content)}
    return _judged(look, found, {**place, "last": last})


def _judged(look: Look, found: Sequence[str], details: dict[str, Any]) -> Result:
    window, now = look.options.window, look.facts.tools.clock.monotonic()
    counts = lately(look.before, len(found), now, parse_ago(window))
    lines = sum(count for _, count in counts)
    message = f"{lines} lines match within {window}" + (f": {details['last']}" if lines else "")
    return judge(lines, "lines", look.limits, message, counts=counts, new=len(found), **details)


def _matching(content: bytes, pattern: str) -> list[str]:
    lines = (line[:10_000].decode("utf-8", "replace") for line in content.split(b"\n"))
    return [line for line in lines if re.search(pattern, line)]


CHECK = Check(
    id="log-pattern",
    title="Lines of a log",
    why="Some programs say only there that something is wrong.",
    category="own",
    interval=30.0,
    unit="lines",
    thresholds=Thresholds(warning=1.0, critical=100.0),
    run=_run,
    options=LogPattern,
    declared=True,
)
