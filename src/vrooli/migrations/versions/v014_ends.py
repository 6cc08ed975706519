"""Steps end with their run, also in the view; what limits refuse, and when a month's are over."""

from alembic import op

from vrooli.migrations.versions import v010_views as before

revision = "v014_ends"
down_revision = "v013_signals"

# What has begun and has no end goes on only while its run does, and while it is not given up: when
# that was done nobody knows. In the journal it stays as it is: a retry of the run goes on with it.
_GIVEN_UP = next(one.value for one in before.STEPS.columns if one.name == "given_up")
_CUT = f"s.status = 'begun' AND (r.ended_at IS NOT NULL OR {_GIVEN_UP})"
_END = f"coalesce(s.ended_at, CASE WHEN {_CUT} AND NOT {_GIVEN_UP} THEN r.ended_at END)"

_CHANGED = {
    "status": {
        "says": "begun, completed or failed; cancelled: its run ended in the middle of it",
        "value": f"CASE WHEN {_CUT} THEN 'cancelled' ELSE s.status END",
    },
    "ended_at": {"value": _END},
    "seconds": {
        "says": "from its beginning to its end, or until now; null where either is not known",
        "value": f"extract(epoch FROM coalesce({_END}, CASE WHEN NOT ({_CUT}) THEN now() END)"
        " - s.begun_at)",
    },
}

STEPS = before.STEPS._replace(
    columns=tuple(one._replace(**_CHANGED.get(one.name, {})) for one in before.STEPS.columns),
    rows=before.STEPS.rows.replace("steps s", "steps s JOIN runs r ON r.id = s.run", 1),
)
BUDGETS = before.BUDGETS._replace(
    columns=tuple(
        one._replace(says="stop or pause, also at limits above it; null when nothing is said")
        if one.name == "on_limit"
        else one
        for one in before.BUDGETS.columns
    )
)
_NEW = {STEPS.name: STEPS, BUDGETS.name: BUDGETS}
VIEWS = tuple(_NEW.get(view.name, view) for view in before.VIEWS)
"""All of them, as they are now."""

_STATEMENTS = (
    # Of the last request that a limit refused to this run: which limit would do.
    "ALTER TABLE budgets ADD COLUMN asked_tokens bigint, ADD COLUMN asked_micros bigint",
    # Those that paused until the next month.
    "CREATE INDEX runs_paused ON runs (lease_until)"
    " WHERE status = 'paused' AND lease_until IS NOT NULL",
)


def _again(view: before.View) -> None:
    """Columns, their types and who may read them stay."""
    create, *comments = view.statements
    for statement in (create.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1), *comments):
        # A colon in a statement would be a parameter of SQLAlchemy's.
        op.get_bind().exec_driver_sql(statement)


def upgrade() -> None:
    """Change them."""
    for statement in _STATEMENTS:
        op.execute(statement)
    for view in _NEW.values():
        _again(view)


def downgrade() -> None:
    """As it was. Runs that paused until the next month wait for somebody to resume them."""
    for view in before.VIEWS:
        if view.name in _NEW:
            _again(view)
    op.execute("UPDATE runs SET lease_until = NULL WHERE status = 'paused'")
    op.execute("DROP INDEX runs_paused")
    op.execute("ALTER TABLE budgets DROP COLUMN asked_micros, DROP COLUMN asked_tokens")
