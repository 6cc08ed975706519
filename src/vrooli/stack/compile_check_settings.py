"""`[checks.NAME]` to settings. Pure; what is wrong is gathered."""

from collections.abc import Mapping
from typing import Any

from vrooli.stack.catalogue import Checks
from vrooli.stack.model import CheckSettings, Thresholds
from vrooli.stack.problem import Problems, Section
from vrooli.stack.sections import CheckSection

SHORTEST, LONGEST = 0.5, 86_400.0
"""Seconds between two looks; what needs to be seen sooner is a service and not a check."""


def check_settings(
    written: Mapping[str, CheckSection],
    options: Mapping[str, Mapping[str, Any]],
    known: Checks,
    problems: Problems,
) -> dict[str, CheckSettings]:
    """Settings by name of the check.

    Args:
        written: the sections that could be read; their kinds exist.
        options: the keys that only their kinds know.
        known: what the product brings.
        problems: takes what is wrong.
    """
    found: dict[str, CheckSettings] = {}
    for name, section in written.items():
        kind, at = section.kind or name, problems.at("checks", name)
        interval, timeout = _times(section, at)
        found[name] = CheckSettings(
            kind=kind,
            enabled=section.enabled is not False,
            interval=interval,
            timeout=timeout,
            thresholds=_thresholds(section, known.thresholds(kind), at),
            options=options.get(name, {}),
        )
    return found


def _times(section: CheckSection, at: Section) -> tuple[float | None, float | None]:
    bounds = (SHORTEST, LONGEST)
    interval = at.seconds("interval", section.interval, 0.0, bounds) or None
    timeout = at.seconds("timeout", section.timeout, 0.0, (0.1, 600.0)) or None
    if interval and timeout and timeout > interval:
        at.wrong("timeout", "must not be longer than the interval")
    return interval, timeout


def _thresholds(section: CheckSection, own: Thresholds | None, at: Section) -> Thresholds | None:
    written = [key for key in ("warning", "critical") if getattr(section, key) is not None]
    if not written:
        return None
    if own is None:
        for key in written:
            at.wrong(key, "this check judges by itself and has no thresholds; leave it out")
        return None
    warning = own.warning if section.warning is None else section.warning
    critical = own.critical if section.critical is None else section.critical
    limits = Thresholds(warning, critical)
    if limits.downward != own.downward and warning != critical:
        worse = "less" if own.downward else "more"
        order = "above" if own.downward else "below"
        at.wrong(
            written[-1],
            f"{worse} is worse here, so `warning` ({warning:g}) must be {order} "
            f"`critical` ({critical:g})",
        )
    return limits
