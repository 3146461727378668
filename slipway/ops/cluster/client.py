"""The official client, with failures of TLS that can be told from others. Import it lazily: it loads the whole client."""

from __future__ import annotations

from typing import Any

from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import SSLError


class Client(ApiClient):
    """Raises urllib3's SSLError if TLS fails, as when an API server that restarts closes a connection."""

    def request(self, *args: Any, **parts: Any) -> Any:
        # The client turns an SSLError into an ApiException without status and body, and then decodes that body:
        # `call_api` would raise an AttributeError. See `rest.py` and `api_client.py` of kubernetes 36.
        try:
            return super().request(*args, **parts)
        except ApiException as error:
            if error.status:
                raise
            raise SSLError(error.reason) from None
