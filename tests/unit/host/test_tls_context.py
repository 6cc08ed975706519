"""Trusted certificates are read once, and again when they have changed."""

import os
import ssl
from pathlib import Path

import pytest

from vrooli.core.errors import ProtocolError
from vrooli.host.streams import tls_context


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    """A file of trusted certificates: the first of the system's."""
    system = ssl.get_default_verify_paths().cafile
    if system is None:
        pytest.skip("this system keeps no file of trusted certificates")
    first, end, _ = Path(system).read_text(encoding="utf-8").partition("-----END CERTIFICATE-----")
    file = tmp_path / "roots.pem"
    file.write_text(first + end + "\n", encoding="utf-8")
    return file


def test_a_context_is_kept_until_what_is_trusted_changes(roots: Path) -> None:
    context = tls_context("full", str(roots))
    assert tls_context("full", str(roots)) is context
    later = roots.stat().st_mtime_ns + 1_000_000_000
    os.utime(roots, ns=(later, later))
    assert tls_context("full", str(roots)) is not context


def test_each_demand_has_a_context_of_its_own(roots: Path) -> None:
    full, ca, none = (tls_context(verify, str(roots)) for verify in ("full", "ca", "none"))
    assert (full.verify_mode, full.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (ca.verify_mode, ca.check_hostname) == (ssl.CERT_REQUIRED, False)
    assert (none.verify_mode, none.check_hostname) == (ssl.CERT_NONE, False)


def test_a_file_that_is_not_there_and_one_that_holds_nothing_are_named(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match=r"roots\.pem does not exist"):
        tls_context("full", str(tmp_path / "roots.pem"))
    (tmp_path / "empty.pem").write_text("nothing", encoding="ascii")
    with pytest.raises(ProtocolError, match="cannot be read"):
        tls_context("full", str(tmp_path / "empty.pem"))
