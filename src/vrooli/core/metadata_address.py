"""Addresses at which a cloud tells a machine its own keys: nothing that somebody else wrote may ask
there.
"""

import ipaddress

_FORBIDDEN = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",  # AWS, Azure, Google, Oracle, DigitalOcean: 169.254.169.254 and others
        "fe80::/10",
        "fd00:ec2::/32",  # AWS, over IPv6
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure's wire server
    )
)
_IN_IPV6 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))
"""Where the last 32 bits are an IPv4 address: NAT64 (RFC 6052) and the old form of RFC 4291."""


def is_forbidden(address: str) -> bool:
    """Whether nobody may ask there. False for what is no address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        found = _inner(found) or found
    return any(found in network for network in _FORBIDDEN)


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if any(address in network for network in _IN_IPV6):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
