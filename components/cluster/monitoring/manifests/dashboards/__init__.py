"""Grafana's dashboards of a system and of a cluster, generated from the same settings as the alerts.

`system_dashboards.of_system` returns a system's dashboards, `cluster_dashboard.cluster` the cluster's. Only `panels` and `page` import
Grafana's library.
"""
