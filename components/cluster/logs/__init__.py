"""Logging: agents, Elasticsearch, Kibana."""
