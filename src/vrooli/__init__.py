"""Vrooli runs AI work on your own servers, and keeps the whole stack alive."""

__version__ = "0.1.0"
