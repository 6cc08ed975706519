"""Composition root of `vrooli console`: environment in, pages out.

- HOST (127.0.0.1), PORT (3003).
- VROOLI_WATCHDOG (http://127.0.0.1:3002), VROOLI_SERVER: whom it asks; without the latter it shows
  health alone.
- VROOLI_DATA: a folder of its own, with `console-key` and `signing-key`, and who is signed in;
  VROOLI_HOME: the stack's folder; takes its place where it is not set, with the keys in `secrets`.
- VROOLI_ORIGINS: addresses of a proxy before it (`https://HOST`), with blanks between them.
- VROOLI_PROXIES: addresses or networks from which those proxies come: their word is taken for
  whom they speak for.
- VROOLI_TLS_CERTIFICATE, VROOLI_TLS_KEY: files, to speak HTTPS.
- VROOLI_PLAIN_HTTP: `yes` lets it listen beyond this machine without TLS.
- VROOLI_STATUS_PAGE: `public` opens `/status` to everybody.
"""

import os
import sys
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from vrooli import __version__
from vrooli.client.server import address_of
from vrooli.client.token import read_token
from vrooli.console.app import create_app
from vrooli.console.frames import MAX_FRAME
from vrooli.console.settings import DEFAULT_PORT, ConsoleSettings
from vrooli.console.whence import Network
from vrooli.core.address import HostPort
from vrooli.core.errors import ConfigError, UsageError, VrooliError
from vrooli.core.passes import CONSOLE_KEY
from vrooli.main.environment import read_environment
from vrooli.main.listener import bind
from vrooli.stack.builtin.server import SIGNING_KEY
from vrooli.stack.compile_console import SERVER_VARIABLE, WATCHDOG_VARIABLE

WATCHDOG = "http://127.0.0.1:3002"
DRAIN = 2


def settings_from(environ: Mapping[str, str]) -> ConsoleSettings:
    """Read and check the environment; `UsageError` names the variable that is wrong."""
    data, keys = _folders(environ)
    server = environ.get(SERVER_VARIABLE)
    settings = ConsoleSettings(
        host=environ.get("HOST") or "127.0.0.1",
        port=_port(environ),
        watchdog=_address(environ.get(WATCHDOG_VARIABLE) or WATCHDOG, WATCHDOG_VARIABLE),
        server=_address(server, SERVER_VARIABLE) if server else None,
        console_key=read_token(keys / CONSOLE_KEY),
        signing_key=read_token(keys / SIGNING_KEY) if server else "",
        sessions=data / "console-sessions.json",
        origins=tuple(_origin(one) for one in environ.get("VROOLI_ORIGINS", "").split()),
        proxies=tuple(_network(one) for one in environ.get("VROOLI_PROXIES", "").split()),
        certificate=_file(environ, "VROOLI_TLS_CERTIFICATE"),
        certificate_key=_file(environ, "VROOLI_TLS_KEY"),
        public_status=_is_said(environ, "VROOLI_STATUS_PAGE", "public"),
        version=__version__,
    )
    _check_reach(settings, environ)
    return settings


def main() -> int:
    """Serve until SIGTERM or SIGINT; exit code 1 when it could not start, 2 for wrong settings."""
    try:
        settings = settings_from(os.environ)
        listener = bind(settings.host, settings.port)
        app = create_app(settings)
    except VrooliError as error:
        sys.stderr.write(f"vrooli console: {error}\n")
        return error.exit_code
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=MAX_FRAME,
        proxy_headers=False,  # whoever connects could claim any address
        lifespan="on",
        timeout_graceful_shutdown=DRAIN,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.certificate_key,
    )
    uvicorn.Server(config).run(sockets=[listener])
    return 0


def _folders(environ: Mapping[str, str]) -> tuple[Path, Path]:
    """Its own folder, and that of the keys."""
    data, home = read_environment(environ, "VROOLI_DATA"), read_environment(environ, "VROOLI_HOME")
    if data is not None:
        return Path(data), Path(data)
    if home is None:
        raise UsageError(
            "neither VROOLI_HOME nor VROOLI_DATA is set",
            next_step="`vrooli up` starts it with what it needs; or set VROOLI_HOME",
        )
    return Path(home), Path(home) / "secrets"


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get("PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise UsageError(f"{text!r} is not a TCP port", where="PORT", next_step="use 1 to 65535")
    return int(text)


def _address(text: str, variable: str) -> HostPort:
    try:
        return address_of(text)
    except ConfigError as error:
        raise UsageError(error.what, where=variable, next_step=error.next_step) from error


def _origin(text: str) -> str:
    origin = _plain_origin(text)
    if origin is None:
        raise UsageError(
            f"{text!r} is no address of a site",
            where="VROOLI_ORIGINS",
            next_step="write `https://HOST`, or `https://HOST:PORT`",
        )
    return origin


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is neither an IP address nor a network of them",
            where="VROOLI_PROXIES",
            next_step="write `127.0.0.1` for a proxy on this machine, or `10.1.0.0/16`",
        ) from None


def _plain_origin(text: str) -> str | None:
    """As browsers say it: a port that goes without saying is not said. None when it is none."""
    try:
        parts = urlsplit(text.lower())
        port = parts.port
    except ValueError:
        return None
    usual = {"http": 80, "https": 443}
    more = parts.username is not None or parts.query or parts.fragment
    if parts.scheme not in usual or not parts.hostname or parts.path not in ("", "/") or more:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (
        f":{port}" if port not in (None, usual[parts.scheme]) else ""
    )


def _is_said(environ: Mapping[str, str], name: str, word: str) -> bool:
    """Whether a variable says that word; a wrong one is no silent no."""
    text = environ.get(name, "")
    if text not in ("", word):
        raise UsageError(
            f"{text!r} is not known", where=name, next_step=f"set it to `{word}`, or leave it out"
        )
    return text == word


def _file(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name)
    if not text:
        return None
    if not Path(text).is_file():
        raise UsageError(
            f"there is no file {text}", where=name, next_step="name a PEM file, or leave it out"
        )
    return Path(text)


def _check_reach(settings: ConsoleSettings, environ: Mapping[str, str]) -> None:
    """Passwords and sessions never cross a network in plain text unless somebody says so."""
    if (settings.certificate is None) != (settings.certificate_key is None):
        raise UsageError(
            "a certificate needs its key, and a key its certificate",
            where="VROOLI_TLS_CERTIFICATE, VROOLI_TLS_KEY",
            next_step="set both, or neither",
        )
    plain = _is_said(environ, "VROOLI_PLAIN_HTTP", "yes")
    if not settings.tls and not plain and not _is_loopback(settings.host):
        raise UsageError(
            f"it would send passwords in plain text from {settings.host}",
            where="HOST",
            next_step="set VROOLI_TLS_CERTIFICATE and VROOLI_TLS_KEY, or listen on 127.0.0.1 behind"
            " a proxy or an SSH tunnel; VROOLI_PLAIN_HTTP=yes if the network is yours alone",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
