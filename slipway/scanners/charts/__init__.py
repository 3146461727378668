"""Checks whether a cluster accepts the pinned charts with the values of the plans: pods by the pod security standards,
custom resources by their definitions. Recording needs Helm (`make charts`); the records in `tests/charts/` are checked
without it."""
