"""Code of somebody else in namespaces of its own."""
