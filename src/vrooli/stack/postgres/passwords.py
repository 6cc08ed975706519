"""The passwords of a copy: those that this home has, whatever they were when it was made."""

from vrooli.stack.postgres.cluster import SUPERUSER, NewCluster
from vrooli.stack.postgres.upgrade.ask import MAINTENANCE, Asker, quoted
from vrooli.stack.wire import postgres
from vrooli.stack.wire.dsn import Dsn


async def renew(asker: Asker, new: NewCluster) -> None:
    """Have the superuser and the role of the stack let in by the secrets of this home: they may
    have been changed since, or have been made anew on another machine.

    Args:
        asker: of the copy, which nobody else reaches.
        new: what a cluster made now would have.

    Raises:
        PostgresError, Unreachable: as `wire.postgres`.
    """
    known = await asker.json("SELECT json_agg(rolname) FROM pg_roles", MAINTENANCE)
    verifiers = {SUPERUSER: new.superuser_verifier, new.role: new.role_verifier}
    statements = [
        f"ALTER ROLE {quoted(role)} PASSWORD '{verifier}'"
        for role, verifier in verifiers.items()
        if role in known
    ]
    target = Dsn(asker.address, SUPERUSER, asker.password, MAINTENANCE)
    quiet = ("SET log_statement = 'none'", "SET log_min_error_statement = 'panic'")
    await postgres.query(asker.streams, target, *quiet, *statements)
