"""Independent scanners over the plans: what they find is mended, or answered in `policies/scanners.yaml`."""
