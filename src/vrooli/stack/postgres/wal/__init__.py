"""The WAL of a PostgreSQL, received as it is written, and going back to a moment by it."""
