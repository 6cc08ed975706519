"""What the resource kind `postgres` knows about PostgreSQL."""
