"""Until when a certificate is valid: the one fact that a check of certificates needs.

A whole library for it (cryptography) would take a fifth of the watchdog's memory; what is read here
are two dates at a fixed place (RFC 5280, 4.1).
"""

import base64
import binascii
from datetime import UTC, datetime

from vrooli.core.errors import ProtocolError

_SEQUENCE, _VERSION = 0x30, 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


def valid_until(der: bytes) -> float:
    """The end of a certificate's validity, Unix seconds.

    Raises:
        ProtocolError: this is no certificate.
    """
    try:
        return _time(*_validity_end(der))
    except (IndexError, ValueError, UnicodeDecodeError) as error:
        raise ProtocolError("this is no certificate") from error


def first_of(pem: bytes) -> bytes:
    """The first certificate of a PEM file, which is the one that is served.

    Raises:
        ProtocolError: there is none.
    """
    begin, end = pem.find(_BEGIN), pem.find(_END)
    if begin < 0 or end < begin:
        raise ProtocolError("there is no certificate in it")
    try:
        return base64.b64decode(pem[begin + len(_BEGIN) : end], validate=False)
    except binascii.Error as error:
        raise ProtocolError("there is no certificate in it") from error


def _validity_end(der: bytes) -> tuple[int, bytes]:
    """Tag and text of `notAfter`: Certificate, tbsCertificate, then version (it may be missing),
    serial, algorithm, issuer, validity.
    """
    tag, certificate, _ = _element(der, 0)
    if tag != _SEQUENCE:
        raise ValueError
    _, tbs, _ = _element(certificate, 0)
    position = 0
    tag, _, after = _element(tbs, 0)
    if tag == _VERSION:
        position = after
    for _ in range(3):
        _, _, position = _element(tbs, position)
    _, validity, _ = _element(tbs, position)
    _, _, after = _element(validity, 0)
    tag, text, _ = _element(validity, after)
    return tag, text


def _element(data: bytes, position: int) -> tuple[int, bytes, int]:
    """Tag, content and end of the DER element at `position`."""
    tag, size, begin = data[position], data[position + 1], position + 2
    if size & 0x80:
        count = size & 0x7F
        size, begin = int.from_bytes(data[begin : begin + count], "big"), begin + count
    if begin + size > len(data):
        raise ValueError
    return tag, data[begin : begin + size], begin + size


def _time(tag: int, text: bytes) -> float:
    if tag == _UTC_TIME:  # years from 50 on are of the last century
        year = int(text[:2])
        text = (b"20" if year < 50 else b"19") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError
    moment = datetime.strptime(text.decode("ascii"), "%Y%m%d%H%M%SZ")
    return moment.replace(tzinfo=UTC).timestamp()
