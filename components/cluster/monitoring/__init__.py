"""Prometheus, Alertmanager and Grafana, and their configuration."""
