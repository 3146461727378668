"""Names that the parts of a cluster's logs share."""

from __future__ import annotations

NAMESPACE = "logging"
OPERATOR_NAMESPACE = "elastic-system"
ELASTICSEARCH = "logs"
SERVICE = f"{ELASTICSEARCH}-es-http.{NAMESPACE}.svc"
ADDRESS = f"https://{SERVICE}:9200"
CA_SECRET = f"{ELASTICSEARCH}-es-http-certs-public"
"""Made by ECK; `ca.crt` signs what Elasticsearch answers with."""
ROLES_SECRET = "logs-roles"
AGENT = "agent"
SETUP = "setup"
GATEWAY = "gateway"
"""The name under which lines of the cluster's proxies are kept."""
AUDIT = ".audit"


def user_secret(user: str) -> str:
    return f"logs-{user}"


def dataset(system: str, *, audit: bool = False) -> str:
    """A hyphen would end it: the names of data streams are `logs-<dataset>-<environment>`."""
    return system.replace("-", "_") + (AUDIT if audit else "")


def data_stream(system: str, environment: str, *, audit: bool = False) -> str:
    return f"logs-{dataset(system, audit=audit)}-{environment}"
