"""Where a request comes from. Pure."""

import ipaddress
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network

MOST = 2048
"""Characters of a header that are looked at, the last ones."""


def whence(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """The address of whoever asks.

    Args:
        peer: of whoever is connected.
        forwarded: what the `X-Forwarded-For` of the request says: each proxy adds at its end whom
            it speaks for. Of whoever is no proxy of ours it says nothing: anybody may send one.
        proxies: ours.
    """
    found = peer
    for said in reversed(forwarded[-MOST:].split(",")):
        if not _is_of(found, proxies):
            break
        try:
            found = str(ipaddress.ip_address(said.strip()))
        except ValueError:
            break
    return found


def _is_of(address: str, proxies: Sequence[Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    plain = getattr(found, "ipv4_mapped", None) or found
    return any(plain in one for one in proxies)
