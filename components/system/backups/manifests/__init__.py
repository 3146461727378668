"""Logical backups of PostgreSQL: each dump is test-restored before it is uploaded, and again on a schedule."""
