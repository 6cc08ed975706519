"""Kinds of scenarios: the plain command, and our own processes."""
