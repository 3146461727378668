"""A slot, blue or green: the services of one version."""
