"""Vendors of language models, one file each."""
