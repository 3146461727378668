"""The controller of releases: its kinds, its rights, its pods."""
