"""Reasons why a restart cannot help now, one file each."""
