"""Releases: what a cluster does between the `pulumi up` that wants a version and the moment all visitors have it."""
