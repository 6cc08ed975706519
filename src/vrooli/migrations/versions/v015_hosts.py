"""Hosts: which stack of its machine posts with a token, and who else tried to."""

from alembic import op

revision = "v015_hosts"
down_revision = "v013_signals"


def upgrade() -> None:
    """Add them. The next post of each host tells which stack it is."""
    op.execute(
        "ALTER TABLE hosts ADD COLUMN home text, ADD COLUMN rival jsonb,"
        " ADD COLUMN rival_at timestamptz"
    )


def downgrade() -> None:
    """Drop them: two stacks of one machine can use one token again."""
    op.execute("ALTER TABLE hosts DROP COLUMN home, DROP COLUMN rival, DROP COLUMN rival_at")
