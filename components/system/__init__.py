"""A system on a cluster: its namespace, what it keeps, and its two slots."""

from components.system.system import System

__all__ = ["System"]
