"""Databases that run as pods."""
