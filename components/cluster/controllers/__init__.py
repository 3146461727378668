"""The operators and controllers that a cluster runs, as Helm releases."""
