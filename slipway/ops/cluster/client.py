"""The official client of a cluster's API, as every command and the controller make it: without retries of its own, and
with failures of TLS that can be told from others. Import it lazily: it loads the whole client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import urllib3
from kubernetes import config
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import InsecureRequestWarning, SSLError


class Client(ApiClient):
    """Raises urllib3's SSLError if TLS fails, as when an API server that restarts closes a connection."""

    def request(self, *args: Any, **parts: Any) -> Any:
        # The client turns an SSLError into an ApiException without status and body, like an answer of nobody. See
        # `rest.py` of kubernetes 35.
        try:
            return super().request(*args, **parts)
        except ApiException as error:
            if error.status:
                raise
            raise SSLError(error.reason) from None


def client_by_kubeconfig(context: str | None, file: Path | None = None, *, pool: int | None = None) -> Client:
    """Return a client of a kubeconfig's context, by default the current one; `pool` is how many connections are kept
    open. Raises ConfigException from `kubernetes.config`, and what reading a damaged file raises."""
    settings = _settings(pool)
    name = str(file) if file else None
    config.load_kube_config(config_file=name, context=context, client_configuration=settings)
    return _client(settings)


def client_in_cluster(*, pool: int | None = None) -> Client:
    """Return a client with the pod's own identity. Raises ConfigException outside a pod."""
    settings = _settings(pool)
    config.load_incluster_config(client_configuration=settings)
    return _client(settings)


def _settings(pool: int | None) -> Configuration:
    settings = Configuration()
    settings.retries = False  # type: ignore[assignment]
    if pool is not None:
        settings.connection_pool_maxsize = pool
    return settings


def _client(settings: Configuration) -> Client:
    if not settings.verify_ssl:
        # The kubeconfig disables verification itself; a warning at each request would hide all other output.
        urllib3.disable_warnings(InsecureRequestWarning)
    return Client(settings)
