"""`[notify]` to its settings. Pure; all that is wrong is gathered."""

from collections.abc import Mapping

from vrooli.core.nearest import did_you_mean
from vrooli.stack.compile_process import Folders, absolute_reference
from vrooli.stack.model import ChannelSettings, NotifySettings
from vrooli.stack.names import NAME_EXPECTED, valid_name
from vrooli.stack.plaintext import carries_password, reference_problem
from vrooli.stack.problem import Problems, Section
from vrooli.stack.references import is_reference
from vrooli.stack.sections_notify import ChannelSection, NotifySection

SEVERITIES = ("critical", "warning", "info")

OPEN_SCHEMES = ("json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos", "syslog")
"""Schemes of apprise whose address is no secret by itself. The others carry a token in the place of
the host, the user or the path."""

EXPECTED = "expected `env:NAME`, `file:PATH`, or an apprise URL without a secret, like json://host/"
WEEK = 7 * 86_400.0
DAY = 86_400.0


def notify_settings(written: NotifySection, folders: Folders, problems: Problems) -> NotifySettings:
    """With every default filled in."""
    section, usual = problems.at("notify"), NotifySettings()
    channels = written.channels or {}
    seconds = {channel.second for channel in channels.values() if channel.second}
    return NotifySettings(
        digest=section.seconds("digest", written.digest, usual.digest, (1.0, WEEK)),
        flood=section.whole("flood", written.flood, usual.flood, (1, 1000)),
        flood_window=section.seconds(
            "flood_window", written.flood_window, usual.flood_window, (1.0, DAY)
        ),
        resolve_after=section.seconds(
            "resolve_after", written.resolve_after, usual.resolve_after, (0.0, DAY)
        ),
        channels={
            name: ChannelSettings(
                url=_url(channel, problems.at("notify", "channels", name), folders),
                severities=_severities(channel, stands_in=name in seconds),
                second=_second(name, channels, problems),
            )
            for name, channel in channels.items()
        },
    )


def _url(written: ChannelSection, section: Section, folders: Folders) -> str:
    if written.url is None:
        section.wrong("url", f"missing; {EXPECTED}")
    url = section.text("url", written.url, "")
    if is_reference(url):
        problem = reference_problem(url)
        if problem or url.startswith("resource:"):
            section.wrong("url", problem or EXPECTED)
        return absolute_reference(url, folders)
    scheme, found, _ = url.partition("://")
    if url and not found:
        section.wrong("url", EXPECTED)
    elif url and scheme.lower() not in OPEN_SCHEMES:
        text = f"a `{scheme[:20]}` URL may hold a secret; write `env:NAME` or `file:PATH` for it"
        section.wrong("url", f"{text} (only these stand here: {', '.join(OPEN_SCHEMES)})")
    elif carries_password(url):
        section.wrong("url", "a password in plain text; write `env:NAME` or `file:PATH` instead")
    return url


def _severities(written: ChannelSection, *, stands_in: bool) -> tuple[str, ...]:
    if written.severities is not None:
        return tuple(dict.fromkeys(written.severities))
    return () if stands_in else SEVERITIES


def _second(name: str, channels: Mapping[str, ChannelSection], problems: Problems) -> str:
    section = problems.at("notify", "channels", name)
    if not valid_name(name):
        problems.add(section.path, f"expected {NAME_EXPECTED}")
    second = section.text("second", channels[name].second, "")
    others = [other for other in channels if other != name]
    if second == name:
        section.wrong("second", "a channel cannot stand in for itself")
    elif second and second not in others:
        hint = did_you_mean(second, others)
        section.wrong("second", f"`{second}` is no channel of this file{hint}")
    return second
