"""Turns systems into resources: thin components, each beside the pure manifests that it uses."""
