"""How services are run, one file a runtime."""
