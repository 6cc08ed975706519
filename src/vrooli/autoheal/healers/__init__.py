"""Recovery actions for services, one file each."""
