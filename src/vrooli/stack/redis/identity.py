"""Which data it is that a Redis holds."""

ID = "vrooli-id"
"""A file in its data folder: one that was made anew has another one."""
