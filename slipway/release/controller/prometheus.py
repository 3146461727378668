"""Figures and alerts from Prometheus' HTTP API."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import urllib3

TIMEOUT = 5.0
"""Seconds for a query. Chosen: a third of a sample's interval, and longer than a query of a few series takes."""


class Unknown(Exception):
    """Prometheus does not answer, or with something that is no figure."""


class Prometheus:
    """A client; `base` is the URL before `/api/v1`. Without it everything is unknown."""

    def __init__(self, base: str | None) -> None:
        self._base = base.rstrip("/") if base else None
        self._pool = urllib3.PoolManager(maxsize=8)

    def number(self, query: str) -> float | None:
        """Return the one number of a query; None if there is none. Raises Unknown."""
        found = self._result(query)
        if len(found) > 1:
            raise Unknown("the query gives several numbers")
        try:
            value = float(found[0]["value"][1]) if found else math.nan
        except (KeyError, IndexError, TypeError, ValueError):
            raise Unknown("the response has another form") from None
        return value if math.isfinite(value) else None

    def alerts(self, query: str) -> list[str]:
        """Return the names of the alerts that a query finds. Raises Unknown."""
        return sorted(
            {each.get("metric", {}).get("alertname", "an alert without name") for each in self._result(query)}
        )

    def _result(self, query: str) -> Sequence[dict[str, Any]]:
        if self._base is None:
            raise Unknown("no Prometheus is configured")
        try:
            answer: Any = self._pool.request(
                "POST",
                f"{self._base}/api/v1/query",
                fields={"query": query, "timeout": f"{TIMEOUT:.0f}s"},
                encode_multipart=False,
                timeout=urllib3.Timeout(total=TIMEOUT),
                retries=False,
            )
            said = answer.json()
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise Unknown(type(error).__name__) from None
        if answer.status != 200 or not isinstance(said, dict) or said.get("status") != "success":
            raise Unknown(f"HTTP status {answer.status}")
        data = said.get("data") or {}
        if data.get("resultType") == "scalar":
            return [{"value": data["result"]}]
        if data.get("resultType") != "vector":
            raise Unknown("the query gives no vector")
        return data["result"]
