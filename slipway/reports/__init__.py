"""Renders a plan as text."""
