"""Names that the logging components of a cluster share."""

from __future__ import annotations

NAMESPACE = "logging"
OPERATOR_NAMESPACE = "elastic-system"
ELASTICSEARCH = "logs"
SERVICE = f"{ELASTICSEARCH}-es-http.{NAMESPACE}.svc"
ADDRESS = f"https://{SERVICE}:9200"
CA_SECRET = f"{ELASTICSEARCH}-es-http-certs-public"
"""Secret that ECK creates; its `ca.crt` verifies Elasticsearch's certificate."""
KIBANA_ADDRESS = f"https://{ELASTICSEARCH}-kb-http.{NAMESPACE}.svc:5601"
KIBANA_CA_SECRET = f"{ELASTICSEARCH}-kb-http-certs-public"
"""The same Secret for Kibana."""
ROLES_SECRET = "logs-roles"
AGENT = "agent"
SETUP = "setup"
GATEWAY = "gateway"
"""Dataset of the log lines of the cluster's proxies."""
AUDIT = ".audit"


def user_secret(user: str) -> str:
    return f"logs-{user}"


def dataset(system: str, *, audit: bool = False) -> str:
    """Returns a dataset without hyphens, which separate the parts of a data stream's name:
    `logs-<dataset>-<environment>`."""
    return system.replace("-", "_") + (AUDIT if audit else "")


def data_stream(system: str, environment: str, *, audit: bool = False) -> str:
    return f"logs-{dataset(system, audit=audit)}-{environment}"
