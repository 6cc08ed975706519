"""`health` of the file to `Health` of the compiled stack."""

from urllib.parse import urlsplit

from vrooli.stack.kind import Kind
from vrooli.stack.model import Health, ProbeType, Role
from vrooli.stack.plaintext import NEXT, carries_password
from vrooli.stack.problem import Section, usable
from vrooli.stack.sections import HealthSection

INTERVAL = 5.0
"""Seconds between looks when nothing else is written."""

SHORTEST_INTERVAL = 0.5
"""Seconds; below, looking costs more than it tells."""

LONGEST_TIMEOUT = 5.0
SHARE_OF_INTERVAL = 0.9
"""The default timeout leaves a tenth of the interval, so that a look ends before the next
begins."""

PROBES = ("http", "tcp", "sql", "exec", "process")


def compile_health(
    written: HealthSection | None, section: Section, kind: Kind, role: Role, port: int, url: str
) -> Health:
    """Every default filled in.

    Args:
        written: the section, None when it was not written.
        section: where to report; the path ends with `health`.
        kind: knows how slow it may be.
        role: a resource is asked in its own protocol by default.
        port: of the service, 0 for none.
        url: of an external service, empty when there is none or it is a reference.
    """
    health = written or HealthSection()
    chosen = [name for name in PROBES if getattr(health, name) is not None]
    if len(chosen) > 1:
        names = ", ".join(f"`{name}`" for name in chosen)
        section.wrong(chosen[1], f"expected only one of {names}")
    day = 86400.0
    interval = section.seconds("interval", health.interval, INTERVAL, (SHORTEST_INTERVAL, day))
    usual = min(LONGEST_TIMEOUT, SHARE_OF_INTERVAL * interval)
    timeout = section.seconds("timeout", health.timeout, usual, (0.05, 3600.0))
    if timeout > interval:
        section.wrong("timeout", "longer than the interval: a look must end before the next")
    probe = chosen[0] if chosen else _default(role, port, url)
    kind_of_probe, target = _target(probe, health, section, port, url)
    return Health(
        type=kind_of_probe,
        target=target,
        command=_command(health, section),
        interval=interval,
        timeout=timeout,
        failures=section.whole("failures", health.failures, kind.failures, (1, 100)),
        over=section.seconds("over", health.over, kind.over, (0.0, day)),
    )


def _default(role: Role, port: int, url: str) -> str:
    if role == "resource":
        return "kind"
    if url.startswith(("http://", "https://")):
        return "http"
    return "tcp" if port else "process"


def _target(
    probe: str, health: HealthSection, section: Section, port: int, url: str
) -> tuple[ProbeType, str]:
    if probe == "http":
        return "http", _http(health.http, section, port, url)
    if probe == "tcp":
        return "tcp", _tcp(health.tcp, section, port)
    if probe == "sql":
        return "sql", section.text("sql", health.sql, "")
    if probe == "exec":
        return "exec", ""
    if probe == "process" and health.process is False:
        section.wrong("process", "expected `true`; leave it out to choose another probe")
    return ("process" if probe == "process" else "kind"), ""


def _http(written: str | None, section: Section, port: int, url: str) -> str:
    """A path of the service's own port, or a whole URL."""
    target = section.text("http", written, "/")
    if carries_password(target):
        section.wrong("http", f"a URL with a password; {NEXT}")
        return ""
    if _is_http_url(target):
        return target
    if not target.startswith("/"):
        section.wrong("http", "expected a path that begins with `/`, or a URL with http or https")
        return ""
    if _is_http_url(url):
        return url if written is None else _at(url, target)
    if not port:
        section.wrong("http", "a path needs the `port` of the service; write it, or a whole URL")
    return target


def _is_http_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _at(url: str, path: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{path}"


def _tcp(written: bool | int | None, section: Section, port: int) -> str:
    if written is False:
        section.wrong("tcp", "expected `true` or a port; leave it out to choose another probe")
        return ""
    if written is None or written is True:
        if not port:
            section.wrong("tcp", "`true` means the `port` of the service, and it has none")
        return str(port)
    return str(section.port("tcp", written, 0))


def _command(health: HealthSection, section: Section) -> tuple[str, ...]:
    if health.exec is None:
        return ()
    if not health.exec or not health.exec[0].strip() or not all(map(usable, health.exec)):
        section.wrong("exec", 'expected a list of texts, like ["/usr/local/bin/check", "--quick"]')
    elif any(map(carries_password, health.exec)):
        section.wrong(
            "exec", f"a password in a command, which every user of the host can see; {NEXT}"
        )
    return tuple(health.exec)
