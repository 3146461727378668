"""Runs independent scanners over the plans: each finding is fixed, or answered in `policies/scanners.yaml`."""
