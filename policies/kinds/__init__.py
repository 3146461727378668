"""Adapters: what a rule calls a database, a container, a bucket, on each cloud. Another cloud adds rows here."""
