"""Deployments, Services and autoscalers."""
