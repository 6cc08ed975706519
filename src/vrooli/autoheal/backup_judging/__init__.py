"""Judging backups, for the checks of them."""
