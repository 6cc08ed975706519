"""What a launch was started with: its declaration, and which values stood behind its references.

The fingerprint of a launch is the hash of the declaration, followed by a keyed digest of each value
in the order of `references`. A digest tells that a value is another one and nothing else: without
the key, which lies in the home as a secret of ours does, not even a guess can be tried on it. Pure.
"""

import hmac
from collections.abc import Mapping

from vrooli.stack.diff import fingerprint
from vrooli.stack.model import Service, Stack
from vrooli.stack.references import is_reference

_BETWEEN = "."


def references(service: Service) -> tuple[str, ...]:
    """The references in its environment, each once."""
    return tuple(sorted({value for value in service.env.values() if is_reference(value)}))


def digest(key: str, reference: str, value: str) -> str:
    """16 hex digits; equal values behind two references do not look alike."""
    text = f"{reference}\0{value}".encode(errors="surrogateescape")
    return hmac.new(key.encode(), text, "sha256").hexdigest()[:16]


def launch_fingerprint(service: Service, stack: Stack, digests: Mapping[str, str]) -> str:
    """Of a launch of `service`; `digests` by reference, or none when they could not be made."""
    found = (digests[reference] for reference in references(service) if digests)
    return _BETWEEN.join((fingerprint(service, stack), *found))


def is_declared_so(launched: str, service: Service, stack: Stack) -> bool:
    """Whether a launch with the fingerprint `launched` was started as `service` is declared."""
    return launched.partition(_BETWEEN)[0] == fingerprint(service, stack)


def digests_of(launched: str, service: Service) -> Mapping[str, str]:
    """By reference; empty when the launch was recorded without them: then nobody can tell."""
    found = launched.split(_BETWEEN)[1:]
    names = references(service)
    return dict(zip(names, found, strict=True)) if len(found) == len(names) else {}
