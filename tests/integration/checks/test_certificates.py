"""`endpoint-tls` and `infra-certificate` with certificates that OpenSSL made, on a real server."""

import asyncio
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.looks import look
from vrooli.autoheal.catalogue import all_checks
from vrooli.core.errors import ProtocolError
from vrooli.core.result import Result
from vrooli.stack.wire import x509

CHECKS = {check.id: check for check in all_checks()}
EARLY, LATE = "20261201000000Z", "20991231235959Z"
"""Ends of validity, 12 days after the case's clock and beyond 2050, where the notation changes."""


def _certificate(folder: Path, until: str) -> Path:
    """One for localhost that signs itself; the file holds it and its key."""
    path = folder / f"{until}.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    make += ["-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    make += ["-keyout", str(folder / "key.pem"), "-out", str(path), "-days", "1"]
    subprocess.run(make, check=True, capture_output=True)
    request = ["openssl", "x509", "-in", str(path), "-signkey", str(folder / "key.pem")]
    request += ["-x509toreq", "-out", str(folder / "request.pem")]
    subprocess.run(request, check=True, capture_output=True)
    (folder / "index").write_text("", encoding="ascii")
    (folder / "serial").write_text("01", encoding="ascii")
    (folder / "ca.conf").write_text(
        f"[ca]\ndefault_ca=it\n[it]\ndatabase={folder}/index\nserial={folder}/serial\n"
        f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=any\nunique_subject=no\n"
        "x509_extensions=ext\n[any]\ncommonName=supplied\n"
        "[ext]\nsubjectAltName=DNS:localhost\nbasicConstraints=CA:true\n",
        encoding="ascii",
    )
    sign = ["openssl", "ca", "-batch", "-selfsign", "-config", str(folder / "ca.conf"), "-notext"]
    sign += ["-keyfile", str(folder / "key.pem"), "-in", str(folder / "request.pem")]
    sign += ["-startdate", "20200101000000Z", "-enddate", until, "-out", str(path)]
    subprocess.run(sign, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + (folder / "key.pem").read_bytes())
    return path


@pytest.mark.parametrize(("until", "seconds"), [(EARLY, 1796083200.0), (LATE, 4102444799.0)])
def test_the_end_of_a_certificate_is_read_in_both_notations(
    tmp_path: Path, until: str, seconds: float
) -> None:
    pem = _certificate(tmp_path, until).read_bytes()
    assert x509.valid_until(x509.first_of(pem)) == seconds


@given(st.binary(max_size=200))
def test_anything_else_is_no_certificate(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        x509.valid_until(data)
    with pytest.raises(ProtocolError):
        x509.valid_until(x509.first_of(b"-----BEGIN CERTIFICATE-----" + data))


def test_the_file_that_ends_first_is_told(tmp_path: Path) -> None:
    early, late = (_certificate(tmp_path, until).read_text("ascii") for until in (EARLY, LATE))
    found = _look("infra-certificate", tmp_path, {"/a.pem": late, "/b.pem": early})
    assert (str(found.status), found.message.split()[0]) == ("warning", "/b.pem")
    assert found.value == pytest.approx(12.5, abs=0.1)
    found = _look("infra-certificate", tmp_path, {"/a.pem": "nonsense"})
    assert "there is no certificate in it" in found.message
    live = {"/etc/letsencrypt/live/site/fullchain.pem": late}
    assert str(look(CHECKS["infra-certificate"], {"files": live}, tmp_path).status) == "ok"
    assert not look(CHECKS["infra-certificate"], {}, tmp_path).applicable


def _look(name: str, folder: Path, files: Mapping[str, str]) -> Result:
    case: dict[str, Any] = {"files": files, "options": {"paths": list(files)}}
    return look(CHECKS[name], case, folder)


async def test_what_a_server_really_serves_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _certificate(tmp_path, EARLY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "localhost", 0, ssl=context)
    address = f"localhost:{server.sockets[0].getsockname()[1]}"
    case = {"options": {"address": address}}
    found = await asyncio.to_thread(look, CHECKS["endpoint-tls"], case, tmp_path)
    assert str(found.status) == "critical", "nobody trusts it"
    assert "not trusted" in found.message
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    found = await asyncio.to_thread(look, CHECKS["endpoint-tls"], case, tmp_path)
    assert (str(found.status), found.unit) == ("warning", "days")
    assert found.value == pytest.approx(12.5, abs=0.1)
    server.close()
    found = await asyncio.to_thread(look, CHECKS["endpoint-tls"], case, tmp_path)
    assert str(found.status) == "critical"
