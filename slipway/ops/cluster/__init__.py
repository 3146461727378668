"""Applies a plan's Kubernetes objects to a real cluster, as `pulumi up` would."""
