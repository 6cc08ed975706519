"""Delegation: whom a question was handed on to, and who did it when and why."""

from alembic import op

revision = "v017_delegation"
down_revision = "v016_swarms"

_STATEMENTS = (
    # delegates: who may decide besides the owner of the run, each asked by the one before; the last
    # is asked now. moves: how often that changed, which whoever changes it compares.
    """
    ALTER TABLE approvals
        ADD COLUMN delegates text[]  NOT NULL DEFAULT '{}',
        ADD COLUMN moves     integer NOT NULL DEFAULT 0
    """,
    """
    CREATE TABLE approval_delegations (
        approval text        NOT NULL REFERENCES approvals ON DELETE CASCADE,
        n        integer     NOT NULL,
        "by"     text        NOT NULL,
        "to"     text        NOT NULL,
        back     boolean     NOT NULL,
        because  text        NOT NULL,
        at       timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (approval, n)
    )
    """,
    # Whoever is away: what is asked of it from now on is asked of another.
    """
    CREATE TABLE approval_absences (
        person  text        PRIMARY KEY,
        "to"    text        NOT NULL,
        until   timestamptz NOT NULL,
        risk    text        NOT NULL CHECK (risk IN ('reading', 'changing', 'dangerous')),
        made_at timestamptz NOT NULL DEFAULT now()
    )
    """,
)


def upgrade() -> None:
    """Add them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them: what was handed on is asked of the owner of its run again."""
    op.execute("DROP TABLE approval_absences")
    op.execute("DROP TABLE approval_delegations")
    op.execute("ALTER TABLE approvals DROP COLUMN moves, DROP COLUMN delegates")
