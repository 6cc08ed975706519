"""Finding what runs on this machine, for `vrooli init --scan`."""
