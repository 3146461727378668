"""A PostgreSQL database of a system: roles and metrics."""
