"""Signals: what runs wait for, and people or programs send."""

from alembic import op

revision = "v013_signals"
down_revision = "v012_requests"

_STATEMENTS = (
    # `path` and `attempt` are those of the step that took it; null while nobody has.
    """
    CREATE TABLE signals (
        n           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        run         text        NOT NULL REFERENCES runs ON DELETE CASCADE,
        name        text        NOT NULL,
        data        json        NOT NULL,
        sent_at     timestamptz NOT NULL DEFAULT now(),
        sent_by     text        NOT NULL,
        request_key text,
        path        text,
        attempt     integer
    )
    """,
    "CREATE INDEX signals_run ON signals (run, name, n)",
    # Those that no step has taken are counted.
    "CREATE INDEX signals_kept ON signals (run) WHERE path IS NULL",
    # A request that is sent again sends no second one.
    "CREATE UNIQUE INDEX signals_request ON signals (run, sent_by, request_key)",
)


def upgrade() -> None:
    """Create them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them. Runs that wait for one fail by then."""
    op.execute("DROP TABLE signals")
