"""`[checks.NAME]` to settings. Pure; what is wrong is gathered."""

from collections.abc import Collection, Mapping
from typing import Any

from vrooli.core.nearest import did_you_mean
from vrooli.stack.catalogue import Checks
from vrooli.stack.compile_process import Folders, absolute_reference
from vrooli.stack.model import CheckSettings, Service, Thresholds
from vrooli.stack.problem import Problems, Section
from vrooli.stack.sections import CheckSection

SHORTEST, LONGEST = 0.5, 86_400.0
"""Seconds between two looks; what needs to be seen sooner is a service and not a check."""


def check_settings(
    written: Mapping[str, CheckSection],
    options: Mapping[str, Mapping[str, Any]],
    known: Checks,
    folders: Folders,
    problems: Problems,
) -> dict[str, CheckSettings]:
    """Settings by name of the check.

    Args:
        written: the sections that could be read; their kinds exist.
        options: the keys that only their kinds know.
        known: what the product brings.
        folders: relative paths of secrets begin there.
        problems: takes what is wrong.
    """
    found: dict[str, CheckSettings] = {}
    for name, section in written.items():
        kind, at = section.kind or name, problems.at("checks", name)
        interval, timeout = _times(section, at)
        chosen = options.get(name, {})
        found[name] = CheckSettings(
            kind=kind,
            enabled=section.enabled is not False,
            interval=interval,
            timeout=timeout,
            thresholds=_thresholds(section, known.thresholds(kind), at),
            options={key: _absolute(value, folders) for key, value in chosen.items()},
        )
    return found


def _absolute(value: Any, folders: Folders) -> Any:
    return absolute_reference(value, folders) if isinstance(value, str) else value


def check_asked(
    settings: Mapping[str, CheckSettings],
    services: Mapping[str, Service],
    broken: Collection[str],
    known: Checks,
    problems: Problems,
) -> None:
    """The resource that a check asks is in the stack, and of the kind that it can ask. Services in
    `broken` could not be read, and may be named all the same."""
    for name, check in settings.items():
        kind, resource = known.asks(check.kind), check.options.get("resource")
        if not kind or not isinstance(resource, str) or resource in broken:
            continue
        there = [one.name for one in services.values() if one.kind == kind]
        if resource not in there:
            listed = f" (there are: {', '.join(sorted(there))})" if there else ""
            text = f"`{resource}` is no resource of kind `{kind}`{did_you_mean(resource, there)}"
            problems.at("checks", name).wrong("resource", f"{text}{listed}")


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
