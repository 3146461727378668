"""The message broker of a system."""
