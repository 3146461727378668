"""Kubernetes Events on a Release."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from slipway.ops.cluster.api import Api
from slipway.release.controller.in_cluster import EVENTS
from slipway.release.controller.release import Release
from slipway.release.decision import Event
from slipway.release.objects import API_VERSION

COMPONENT = "slipway-releases"
"""Who reports the Events."""
LONGEST = 1000
"""Characters of a message. Source: the API server refuses more than 1,024 in an Event's note."""


def record(api: Api, release: Release, event: Event) -> None:
    """Create the Event. Raises CloudFailure."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{release.name}.{secrets.token_hex(8)}", "namespace": release.namespace},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": "Release",
            "name": release.name,
            "namespace": release.namespace,
            "uid": release.uid,
        },
        "reason": event.reason,
        "message": event.message[:LONGEST],
        "type": "Warning" if event.warning else "Normal",
        "source": {"component": COMPONENT},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    api.create(EVENTS.format(namespace=release.namespace), body)
