"""Pure functions from settings to the arguments of resources, one file per kind."""
