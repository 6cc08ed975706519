"""Large outputs kept once each, and what people decided about attempts of unknown effect."""

from alembic import op

revision = "v008_artifacts"
down_revision = "v007_budgets"

# What stands in the place of a large output begins so, and nothing else does.
_MARK = """starts_with(output::text, '{"$artifact":{"sha256":"')"""
_SHA256 = "substr(output::text, 25, 64)"

_STATEMENTS = (
    # Packed by us where that pays: nothing is to be tried again by PostgreSQL.
    """
    CREATE TABLE artifacts (
        sha256      text        PRIMARY KEY,
        bytes       bigint      NOT NULL,
        packed      boolean     NOT NULL,
        content     bytea       NOT NULL,
        used_at     timestamptz NOT NULL DEFAULT now()
    )
    """,
    "ALTER TABLE artifacts ALTER COLUMN content SET STORAGE EXTERNAL",
    # Who refers to one: asked whenever one is read or may go.
    f"CREATE INDEX steps_artifact ON steps (({_SHA256})) WHERE {_MARK}",
    f"CREATE INDEX runs_artifact ON runs (({_SHA256})) WHERE {_MARK}",
    # Attempts to look for by a person: few among many.
    """
    CREATE INDEX steps_unknown_effect ON steps (run) WHERE failure->>'kind' = 'unknown-effect'
    """,
    # Ended runs by age, for their removal.
    "CREATE INDEX runs_ended ON runs (status, ended_at) WHERE ended_at IS NOT NULL",
    """
    CREATE TABLE effects (
        run         text        NOT NULL REFERENCES runs ON DELETE CASCADE,
        path        text        NOT NULL,
        attempt     integer     NOT NULL,
        decided_at  timestamptz NOT NULL DEFAULT now(),
        type        text        NOT NULL,
        reason      text        NOT NULL,
        begun_at    timestamptz,
        failed_at   timestamptz,
        decision    text        NOT NULL CHECK (decision IN ('done', 'again')),
        decided_by  text        NOT NULL,
        why         text        NOT NULL,
        PRIMARY KEY (run, path, attempt, decided_at)
    )
    """,
)


def upgrade() -> None:
    """Create them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them. Outputs that are kept apart are lost to their runs."""
    op.execute("DROP TABLE effects")
    for index in ("runs_ended", "steps_unknown_effect", "runs_artifact", "steps_artifact"):
        op.execute(f"DROP INDEX {index}")
    op.execute("DROP TABLE artifacts")
