"""A plan's Kubernetes objects on a real cluster, as `pulumi up` would bring them there."""
