"""Dashboards: what Grafana shows of a system and of a cluster, made from the same settings as the alerts.

`catalogue.of_system` gives a system's, `cluster.cluster` the one that the cluster's own people watch. Only `panels` and
`page` know Grafana's library.
"""
