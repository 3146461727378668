"""What commands ask of a cluster's own API."""
