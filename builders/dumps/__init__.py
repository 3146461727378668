"""Logical backups of PostgreSQL: dumps that were restored before they are kept, and again while they are."""
