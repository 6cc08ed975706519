"""How the data of a Redis is backed up, proven and given back."""
