"""Any program as a resource."""

from collections.abc import Sequence

from vrooli.core.command import Command, EnsureDirectory
from vrooli.stack.kind import Kind, Place
from vrooli.stack.model import Service
from vrooli.stack.references import is_reference
from vrooli.stack.wire.dsn import without_password


class CommandKind(Kind):
    """A program that stays in the foreground; its health as declared."""

    name = "command"
    title = "Command"
    summary = "any program that others need"
    runtimes = ("process",)

    def prepare(self, service: Service, place: Place) -> Sequence[Command]:
        """A data folder, which is also its working directory unless `cwd` says otherwise."""
        data = str(place.home.data(service.name))
        return (EnsureDirectory(data, 0o700, place.user_of(service)),)

    def public_url(self, service: Service) -> str:
        """Without a password."""
        if service.url:
            return service.url if is_reference(service.url) else without_password(service.url)
        return super().public_url(service)


KIND = CommandKind()
