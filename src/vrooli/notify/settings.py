"""`[notify]`, as this package takes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vrooli.notify.message import Severity


@dataclass(frozen=True, slots=True)
class Channel:
    """One address to tell people at.

    Attributes:
        name: as declared.
        url: the address, or a reference to it: it is a secret for most services.
        severities: what is told there; empty for one that only stands in for another.
        second: the channel that stands in while this one fails; empty when none does.
    """

    name: str
    url: str = field(repr=False)
    severities: frozenset[Severity] = frozenset(Severity)
    second: str = ""

    @property
    def is_reference(self) -> bool:
        """Whether `url` only says where the address lies."""
        return self.url.startswith(("env:", "file:"))


@dataclass(frozen=True, slots=True)
class Settings:
    """How people are told.

    Attributes:
        channels: by name.
        digest: seconds between two digests.
        flood: messages of one channel within `flood_window` seconds; what goes beyond is summed up.
    """

    channels: Mapping[str, Channel] = field(default_factory=dict)
    digest: float = 86_400.0
    flood: int = 10
    flood_window: float = 600.0

    def taking(self, severity: Severity) -> list[str]:
        """The channels that take it, in declared order."""
        return [name for name, one in self.channels.items() if severity in one.severities]
