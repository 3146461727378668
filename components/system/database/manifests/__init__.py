"""The Job that creates roles, and the exporter of metrics."""
