"""The spec of a Release, its gates, and the controller's rights in the namespace."""
