"""Values of the charts that a cluster runs, one function a chart. Each chart is pinned in `builders/parts.yaml`, and a test
holds every key against the list of those that its version knows (`tests/charts/`)."""
