"""Any program as a resource."""

from vrooli.stack.kind import Kind
from vrooli.stack.model import Service
from vrooli.stack.references import is_reference
from vrooli.stack.wire.dsn import without_password


class CommandKind(Kind):
    """A program that stays in the foreground; its health as declared."""

    name = "command"
    title = "Command"
    summary = "any program that others need"
    runtimes = ("process", "systemd", "docker")

    def public_url(self, service: Service) -> str:
        """Without a password."""
        if service.url:
            return service.url if is_reference(service.url) else without_password(service.url)
        return super().public_url(service)


KIND = CommandKind()
