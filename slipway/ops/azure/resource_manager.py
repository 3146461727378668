"""Reads Azure Resource Manager's REST API, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.pipeline.transport import HttpTransport

ADDRESS = "https://management.azure.com"


class ResourceManager:
    """A client of Azure Resource Manager. `transport` sends the requests; by default over the network."""

    def __init__(self, credential: TokenCredential, transport: HttpTransport | None = None) -> None:
        from azure.core import PipelineClient
        from azure.core.pipeline import policies

        bearer = policies.BearerTokenCredentialPolicy(credential, f"{ADDRESS}/.default")
        steps = [policies.UserAgentPolicy("slipway"), policies.RetryPolicy(), bearer]
        self._client: PipelineClient[Any, Any] = PipelineClient(ADDRESS, policies=steps, transport=transport)

    def list(self, path: str, api_version: str, condition: str = "") -> Iterator[dict[str, Any]]:
        """Yield every entry of the collection at `path` that fulfils an OData condition. Raises HttpResponseError unless the
        answer is 200."""
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        filtered = f"&$filter={quote(condition)}" if condition else ""
        address: str | None = f"{ADDRESS}{path}?api-version={api_version}{filtered}"
        while address:
            response = self._client.send_request(HttpRequest("GET", address))
            if response.status_code != 200:
                raise HttpResponseError(response=response)
            page = response.json()
            yield from page["value"]
            address = page.get("nextLink")
