"""`ping` of `[autoheal]` to settings. Pure; what is wrong is gathered."""

from vrooli.core.errors import ConfigError
from vrooli.stack.compile_process import Folders, absolute_reference
from vrooli.stack.plaintext import NEXT, carries_password, reference_problem
from vrooli.stack.problem import Section
from vrooli.stack.references import is_reference
from vrooli.stack.sections import AutohealSection
from vrooli.stack.wire import http

SHORTEST, LONGEST = 5.0, 86_400.0
"""Seconds between two pings."""


def compile_ping(
    written: AutohealSection, folders: Folders, usual: float, section: Section
) -> tuple[str, float]:
    """URL (or a reference to it, or empty) and interval.

    Args:
        written: the section.
        folders: where a relative `file:` starts.
        usual: the interval when none was written.
        section: where to report.
    """
    interval = section.seconds("ping_interval", written.ping_interval, usual, (SHORTEST, LONGEST))
    url = section.text("ping", written.ping, "")
    if not url:
        return "", interval
    if is_reference(url):
        problem = reference_problem(url)
        if problem or url.startswith("resource:"):
            section.wrong("ping", problem or "expected a URL, `env:NAME` or `file:PATH`")
        return absolute_reference(url, folders), interval
    if carries_password(url):
        section.wrong("ping", f"a password in plain text; {NEXT}")
    try:
        http.target(url)
    except ConfigError:
        section.wrong("ping", "expected a URL with http or https, `env:NAME` or `file:PATH`")
    return url, interval
