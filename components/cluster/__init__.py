"""Services of a cluster, shared by all its systems."""
