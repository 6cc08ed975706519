"""Moving a PostgreSQL resource to another major version. Decision 023."""
