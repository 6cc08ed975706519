"""Hosts: which stack of its machine posts with a token, and who else tried to. And no tables of
their own for those who may read views alone.
"""

from alembic import op

revision = "v015_hosts"
down_revision = "v014_ends"

# Temporary tables take room on the disk, and whoever reads views needs none; nor do we. Where the
# database belongs to somebody else, it is for that one to say. Its owner may always make them.
_TEMPORARY = """
DO $$ BEGIN
    IF (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database())
    THEN EXECUTE format('{verb} TEMPORARY ON DATABASE %I {whom} PUBLIC', current_database());
    END IF;
END $$
"""


def upgrade() -> None:
    """Add them. The next post of each host tells which stack it is."""
    op.execute(_TEMPORARY.format(verb="REVOKE", whom="FROM"))
    op.execute(
        "ALTER TABLE hosts ADD COLUMN home text, ADD COLUMN rival jsonb,"
        " ADD COLUMN rival_at timestamptz"
    )


def downgrade() -> None:
    """Drop them: two stacks of one machine can use one token again."""
    op.execute(_TEMPORARY.format(verb="GRANT", whom="TO"))
    op.execute("ALTER TABLE hosts DROP COLUMN home, DROP COLUMN rival, DROP COLUMN rival_at")
