"""The recipe of the page, run: a real nginx with TLS before a real console."""

import datetime
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.ports import free_port
from tests.support.waiting import wait_for
from vrooli.core.passes import ADMIN, CONSOLE_KEY, FOR_CONSOLE, LINK_OWNER, Passes, Person

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")
PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "use-the-console.md"
NAME, KEY, DEADLINE = "console.example.org", "k" * 64, 60.0

pytestmark = pytest.mark.skipif(
    NGINX is None, reason="nginx is not installed (apt-get install nginx)"
)


@dataclass(frozen=True)
class Proxied:
    """A console behind nginx."""

    port: int
    console: int

    @property
    def origin(self) -> str:
        """As a browser calls it."""
        return f"https://{NAME}:{self.port}"

    def get(self, path: str, cookie: str = "") -> httpx.Response:
        """One page, through the proxy."""
        headers = {"Host": f"{NAME}:{self.port}", "Accept": "text/html", "Cookie": cookie}
        return httpx.get(f"https://127.0.0.1:{self.port}{path}", headers=headers, verify=False)

    def opened(self, cookie: str, origin: str) -> bytes:
        """The first line of the answer to a browser that opens the WebSocket of a page."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        lines = (
            "GET /_nicegui_ws/socket.io/?EIO=4&transport=websocket"
            "&client_id=c&tab_id=t&document_id=d HTTP/1.1",
            f"Host: {NAME}:{self.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            f"Origin: {origin}",
            f"Cookie: {cookie}",
        )
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE) as plain,
            context.wrap_socket(plain, server_hostname=NAME) as link,
        ):
            link.sendall("\r\n".join((*lines, "", "")).encode())
            return link.makefile("rb").readline()


def _certificate(folder: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "console.key").write_bytes(key.private_bytes(pem, *plain))
    (folder / "console.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))


def _recipe(folder: Path, port: int, console: int) -> str:
    """What the page says, with places and ports of the test."""
    found = re.search(r"```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    text = (
        found[1]
        .replace("/etc/ssl/", f"{folder}/")
        .replace("listen 443", f"listen 127.0.0.1:{port}")
    )
    server = text.replace("127.0.0.1:3003", f"127.0.0.1:{console}")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    http = f"access_log off;\n{temporary}{server}"
    return f"daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n{http}}}\n"


@contextmanager
def _running(argv: list[str], folder: Path, **env: str) -> Iterator[None]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(argv, env={**os.environ, **env}, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("console")
    (folder / CONSOLE_KEY).write_text(KEY)
    found = Proxied(free_port(), free_port())
    _certificate(folder)
    settings = folder / "nginx.conf"
    settings.write_text(_recipe(folder, found.port, found.console), encoding="utf-8")
    console = {
        "VROOLI_DATA": str(folder),
        "VROOLI_ORIGINS": found.origin,
        "VROOLI_WATCHDOG": "http://127.0.0.1:1",
        "PORT": str(found.console),
        "VROOLI_SERVER": "",
    }
    with ExitStack() as running:
        program = [sys.executable, "-m", "vrooli", "console"]
        running.enter_context(_running(program, folder, **console))
        argv = [str(NGINX), "-e", "stderr", "-c", str(settings)]
        running.enter_context(_running(argv, folder))
        wait_for(lambda: _listens(found.console) and _listens(found.port), "both listen")
        yield found


def _cookie(proxied: Proxied) -> str:
    link = Passes(KEY, FOR_CONSOLE).make(Person(LINK_OWNER, ADMIN), 4e9, jti=os.urandom(8).hex())
    answer = httpx.post(
        f"https://127.0.0.1:{proxied.port}/login",
        data={"link": link},
        headers={"Host": f"{NAME}:{proxied.port}", "Origin": proxied.origin},
        verify=False,
    )
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-vrooli_console_")
    assert "; Secure" in cookie
    return str(cookie.partition(";")[0])


def test_who_comes_through_the_proxy_signs_in_and_sees_pages(proxied: Proxied) -> None:
    away = proxied.get("/settings")
    assert (away.status_code, away.headers["location"]) == (303, "/login?to=/settings")
    page = proxied.get("/settings", _cookie(proxied))
    assert page.status_code == 200
    assert f"wss://{NAME}:{proxied.port}" in page.headers["Content-Security-Policy"]
    assert "This console" in page.text


def test_the_socket_of_a_page_goes_through_it_for_our_pages_alone(proxied: Proxied) -> None:
    cookie = _cookie(proxied)
    assert b" 101 " in proxied.opened(cookie, proxied.origin)
    for refused in (("", proxied.origin), (cookie, "https://evil.example")):
        assert b" 403 " in proxied.opened(*refused)
