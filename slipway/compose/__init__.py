"""Translates files of Docker Compose into definitions of systems."""
