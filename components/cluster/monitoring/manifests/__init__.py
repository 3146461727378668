"""Values of the monitoring charts, alert rules, dashboards and monitors."""
