"""The built-in stack, for those who have no `vrooli.toml`: a database, the server, the
console, the watchdog."""

from vrooli.stack.sections import File, ResourceSection, ScenarioSection

POSTGRES_PORT = 15432
"""Not PostgreSQL's own 5432, where a system installation listens."""


def default_file(*, with_server: bool = True, with_console: bool = True) -> File:
    """What `vrooli.toml` would say if it were written. The server needs the work half installed,
    and the console its extra.
    """
    scenarios = {}
    if with_server:
        scenarios["server"] = ScenarioSection(needs=["postgres"])
    if with_console:
        scenarios["console"] = ScenarioSection()
    return File(
        resources={"postgres": ResourceSection(kind="postgres", port=POSTGRES_PORT)},
        scenarios=scenarios,
    )
