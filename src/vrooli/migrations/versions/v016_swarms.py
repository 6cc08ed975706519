"""Swarms: runs that coordinate, and what is written on them."""

from alembic import op

revision = "v016_swarms"
down_revision = "v015_hosts"

_STATEMENTS = (
    """
    CREATE TABLE swarms (
        run        text        PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
        path       text        NOT NULL,
        goal       text        NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX swarms_created ON swarms (created_at, run)",
    # Plan, policy, blackboard: every version stays, and the last one counts.
    """
    CREATE TABLE swarm_documents (
        run     text        NOT NULL REFERENCES swarms ON DELETE CASCADE,
        name    text        NOT NULL,
        version integer     NOT NULL,
        value   json        NOT NULL,
        by      text        NOT NULL,
        at      timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (run, name, version)
    )
    """,
)


def upgrade() -> None:
    """Create them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them. Swarms that are under way fail by then."""
    op.execute("DROP TABLE swarm_documents")
    op.execute("DROP TABLE swarms")
