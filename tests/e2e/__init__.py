"""On a real Kubernetes node, with containers that run and Envoy Gateway: `make e2e`, where there is a rig."""
