"""Whether a service can have its port."""

from vrooli.core.errors import Refused
from vrooli.stack.model import Service
from vrooli.stack.runtime import Context


def require_free_port(service: Service, context: Context) -> None:
    """Raise `Refused`, which names the holder, when somebody else listens where it would."""
    if not service.port:
        return
    holder = context.processes.port_holder(service.port, service.host)
    if holder is None:
        return
    who = (
        f"{holder.name} (pid {holder.pid}, user {holder.user})" if holder.pid else "another process"
    )
    if holder.service:
        who += f": `{holder.service}` of the stack in {holder.home}"
    table = "resources" if service.role == "resource" else "scenarios"
    raise Refused(
        f"port {service.port} is taken by {who}",
        where=service.name,
        next_step=f"stop that process, or set `port` under [{table}.{service.group}] in "
        "vrooli.toml (`vrooli init` writes the file with free ports)",
        retryable=True,
    )
