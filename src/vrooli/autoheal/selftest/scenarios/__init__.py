"""Scenarios of the selftest, one file each."""
