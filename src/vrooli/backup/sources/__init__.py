"""What can be backed up, a file each."""
