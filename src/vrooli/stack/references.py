"""Values of the stack file that may be references to secrets."""

from vrooli.core.ports.secrets import Secrets

SCHEMES = ("env", "file", "resource", "vault")


def is_reference(value: str) -> bool:
    """Whether `value` names a secret (`env:NAME`, `file:PATH`, `resource:NAME`)."""
    scheme, colon, rest = value.partition(":")
    return bool(colon) and scheme in SCHEMES and not rest.startswith("//")


def resolved(value: str, secrets: Secrets) -> str:
    """What `value` stands for; itself unless it is a reference. May raise `SecretError`."""
    return secrets.resolve(value) if is_reference(value) else value
