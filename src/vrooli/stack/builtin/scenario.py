"""A scenario that is any command."""

from vrooli.stack.kind import Kind
from vrooli.stack.model import Service


class ScenarioKind(Kind):
    """An application: its command, its port, its health as declared."""

    name = "scenario"
    title = "Scenario"
    summary = "an application started by its command"

    def public_url(self, service: Service) -> str:
        """An application with a port is taken to speak HTTP."""
        return f"http://{service.host}:{service.port}" if service.port else ""


KIND = ScenarioKind()
