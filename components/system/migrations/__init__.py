"""Migrations of databases, as Jobs."""
