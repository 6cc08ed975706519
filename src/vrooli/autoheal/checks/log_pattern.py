"""Lines of a log that match a pattern, among those that came since the last look."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.errors import ConfigError
from vrooli.core.result import Result, ok, warning
from vrooli.stack.model import Thresholds

_MOST = 4 * 2**20
"""Bytes read in one look; of more, the latest count."""


@dataclass(frozen=True, slots=True)
class LogPattern:
    """Keys of `kind = "log-pattern"`.

    Attributes:
        path: the log file.
        pattern: a regular expression.
    """

    path: str
    pattern: str


def _run(look: Look) -> Result:
    options: LogPattern = look.options
    pattern = _compiled(options.pattern)
    facts = look.facts.files.facts(options.path)
    if facts is None:
        return warning(f"there is no {options.path}")
    before = look.before.details if look.before else {}
    place = {"inode": facts.inode, "offset": facts.size}
    if "offset" not in before:
        return ok("counted from the next look on", 0, "lines", **place)
    rotated = before["inode"] != facts.inode or facts.size < before["offset"]
    begin = max(0 if rotated else before["offset"], facts.size - _MOST)
    content = look.facts.files.read(options.path, _MOST, begin) or b""
    found = [line for line in _lines(content) if pattern.search(line)]
    place["offset"] = begin + len(content)
    shown = f": {found[-1][:200]}" if found else ""
    message = f"{len(found)} lines match{shown}"
    return judge(len(found), "lines", look.limits, message, **place)


def _lines(content: bytes) -> Iterator[str]:
    for line in content.split(b"\n"):
        yield line[:10_000].decode("utf-8", "replace")


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"not a regular expression: {error}", where=pattern) from error


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
