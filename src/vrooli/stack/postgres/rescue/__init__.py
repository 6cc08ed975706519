"""A table taken out of a copy into a schema beside the one that serves, and compared with it."""
