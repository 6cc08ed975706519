"""Other hosts, whose watchdogs post their history here."""

from alembic import op

revision = "v009_fleet"
down_revision = "v008_artifacts"

_STATEMENTS = (
    # The name is what the records of a host stand under in `history`. Which machine it is, is told
    # by its first post, and no other one may use its token from then on.
    """
    CREATE TABLE hosts (
        name        text        PRIMARY KEY,
        digest      bytea       NOT NULL,
        machine     text,
        created_at  timestamptz NOT NULL DEFAULT now(),
        created_by  text        NOT NULL,
        revoked_at  timestamptz,
        last_seen   timestamptz,
        boot        text,
        seq         bigint,
        stack       text,
        version     text,
        status      text        CHECK (status IN ('ok', 'warning', 'critical', 'unknown')),
        problems    jsonb       NOT NULL DEFAULT '[]',
        behind      bigint      NOT NULL DEFAULT 0,
        lost        bigint      NOT NULL DEFAULT 0
    ) WITH (fillfactor = 50)
    """,
    "CREATE UNIQUE INDEX hosts_digest ON hosts (digest)",
    # The history of one host, the newest first.
    "CREATE INDEX history_host_at ON history (host, at, boot, seq)",
)


def upgrade() -> None:
    """Create them."""
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drop them. What hosts have posted stays."""
    op.execute("DROP INDEX history_host_at")
    op.execute("DROP TABLE hosts")
