"""Alerts: what is wrong for users or soon will be, from a system's objectives and from what it has.

`catalogue.of_system` lists all of a system's. Each rule says what it means and what to do first; the pages that alerts
link to are made from the same text.
"""
