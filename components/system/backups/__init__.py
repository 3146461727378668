"""Dumps of databases, tests that restore them, and restores."""
