"""Alerts on current and imminent problems of users, derived from a system's objectives and its data stores.

`system_alerts.of_system` lists all alerts of a system. Each rule has a description and first steps, from which the linked
alert pages are generated.
"""
