"""Alembic's entry: runs the versions over the connection that `vrooli.main.migrate` has opened and
locked.
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # Each version commits by itself: what was applied stays applied when a later one fails.
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
