"""What a cluster runs for its systems: controllers, the gateway's proxies, certificates, metrics, logs."""

from components.cluster.cluster import Cluster

__all__ = ["Cluster"]
