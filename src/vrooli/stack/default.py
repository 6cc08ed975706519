"""The built-in stack, for those who have no `vrooli.toml`: a database, the server, the watchdog."""

from vrooli.stack.sections import File, ResourceSection, ScenarioSection

POSTGRES_PORT = 15432
"""Not PostgreSQL's own 5432, where a system installation listens."""


def default_file(*, with_server: bool = True) -> File:
    """What `vrooli.toml` would say if it were written. The server needs the work half installed."""
    return File(
        resources={"postgres": ResourceSection(kind="postgres", port=POSTGRES_PORT)},
        scenarios={"server": ScenarioSection(needs=["postgres"])} if with_server else {},
    )
