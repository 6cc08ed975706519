"""Large outputs kept once each, and what people decided about attempts of unknown effect."""

from alembic import op

revision = "v008_artifacts"
down_revision = "v007_budgets"

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
    # Who refers to one, and which attempts a person is to look for: told by tables of their own. An
    # index on what the journal updates would make each of its updates dearer.
    """
    CREATE TABLE artifact_uses (
        run         text        NOT NULL REFERENCES runs ON DELETE CASCADE,
        sha256      text        NOT NULL REFERENCES artifacts,
        PRIMARY KEY (run, sha256)
    )
    """,
    "CREATE INDEX artifact_uses_sha256 ON artifact_uses (sha256)",
    """
    CREATE TABLE unknown_effects (
        run         text        NOT NULL REFERENCES runs ON DELETE CASCADE,
        path        text        NOT NULL,
        attempt     integer     NOT NULL,
        PRIMARY KEY (run, path, attempt)
    )
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
    op.execute("DROP INDEX runs_ended")
    for table in ("effects", "unknown_effects", "artifact_uses", "artifacts"):
        op.execute(f"DROP TABLE {table}")
