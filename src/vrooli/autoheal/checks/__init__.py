"""Host checks, one file each. Services bring their own checks."""
