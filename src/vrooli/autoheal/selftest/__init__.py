"""Faults injected into throw-away services, and what must come of them."""
