"""Adapters: the types and properties of each cloud's databases, containers and buckets, for rules. Another cloud adds
rows here."""
