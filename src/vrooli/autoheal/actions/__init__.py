"""Recovery actions for the machine, one file each. Those for services are in `healers/`."""
