"""`[fleet]` to its settings. Pure; all that is wrong is gathered."""

from ipaddress import ip_address

from vrooli.core.errors import ConfigError
from vrooli.stack.compile_process import Folders, absolute_reference
from vrooli.stack.model import FleetSettings
from vrooli.stack.plaintext import NEXT, carries_password, reference_problem
from vrooli.stack.problem import Problems, Section
from vrooli.stack.references import is_reference
from vrooli.stack.sections_fleet import FleetSection
from vrooli.stack.wire import http

SHORTEST, LONGEST = 5.0, 60.0
"""Seconds between two posts; whoever is silent for longer than two minutes is asked about."""

_ADDRESS = "expected `https://HOST[:PORT]`, or `http://127.0.0.1:PORT` where a tunnel ends"


def fleet_settings(written: FleetSection, folders: Folders, problems: Problems) -> FleetSettings:
    """With every default filled in."""
    section, usual = problems.at("fleet"), FleetSettings()
    if (written.server is None) != (written.token is None):
        missing = "token" if written.token is None else "server"
        section.wrong(missing, "missing: `server` and `token` belong together")
    return FleetSettings(
        server=_server(section.text("server", written.server, ""), section),
        token=_token(section.text("token", written.token, ""), section, folders),
        every=section.seconds("every", written.every, usual.every, (SHORTEST, LONGEST)),
    )


def _server(url: str, section: Section) -> str:
    if not url:
        return ""
    if carries_password(url):
        section.wrong("server", f"a password in plain text; {NEXT}, as `token`")
        return ""
    try:
        address, path = http.target(url)
    except ConfigError:
        section.wrong("server", _ADDRESS)
        return ""
    if path != "/":
        section.wrong("server", f"a path has no place here; {_ADDRESS}")
    elif not address.tls and not _is_loopback(address.host):
        text = "plain HTTP to another machine would show the token to everybody in between"
        section.wrong("server", f"{text}; write `https://`, or the end of a tunnel on 127.0.0.1")
    return url


def _is_loopback(host: str) -> bool:
    """What a name stands for, its owner decides: of names `localhost` alone is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _token(reference: str, section: Section, folders: Folders) -> str:
    if not reference:
        return ""
    if not is_reference(reference):
        section.wrong("token", f"a secret in plain text; {NEXT}")
        return ""
    problem = reference_problem(reference)
    if problem or reference.startswith("resource:"):
        section.wrong("token", problem or "expected `env:NAME` or `file:PATH`")
    return absolute_reference(reference, folders)
