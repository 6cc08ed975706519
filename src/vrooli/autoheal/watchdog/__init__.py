"""Service managers of operating systems, one a file: they start the keeper at boot."""
