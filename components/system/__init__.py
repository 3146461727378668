"""One system in one cluster."""
