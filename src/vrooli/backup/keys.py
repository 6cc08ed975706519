"""The keys of a stack: what seals its packs, opens them, and tells its manifests from others."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from vrooli.backup.sealing import Opener, Seal, recipient_of
from vrooli.core.home import BACKUP_IDENTITY

IDENTITY, MAC = BACKUP_IDENTITY, "backup-mac"
"""Names of our own secrets."""


@dataclass(frozen=True, slots=True)
class Keys:
    """See the module."""

    seal: Seal
    opener: Opener
    mac: bytes = field(repr=False)


def keys_of(identity: str, mac: str, recipients: Sequence[str] = ()) -> Keys:
    """Those that two secrets make; what is closed by them is closed for `recipients` too."""
    seal = Seal(tuple(dict.fromkeys((recipient_of(identity), *recipients))))
    return Keys(seal, Opener((identity,)), mac.encode())
