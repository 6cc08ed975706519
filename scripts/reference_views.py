"""The page of the views that one may read with SQL, from the migration that makes them."""

from scripts.reference_markdown import table
from vrooli.migrations.versions.v010_views import View
from vrooli.migrations.versions.v014_ends import VIEWS

HEAD = """\
# Views

What the server keeps in PostgreSQL, for people and dashboards to read with SQL;
[query the database](../how-to/query-the-database.md) says how to get there. The tables behind them
change with every version; these views gain columns, and lose or rename none without a word in the
changelog. Nothing that lets anybody in is in them (passwords, tokens, keys, not even their hashes),
and nothing of what went through a step. Money is US dollars, durations are seconds, times have a
time zone. The database tells the same: `\\d+ view_runs` in psql.

"""


def views_page() -> str:
    """Each view with its columns."""
    return HEAD + "\n".join(map(_section, VIEWS))


def _section(view: View) -> str:
    rows = ((f"`{one.name}`", one.type, one.says) for one in view.columns)
    return f"## `{view.name}`\n\n{view.says}.\n\n{table('column | type | what it says', rows)}"
