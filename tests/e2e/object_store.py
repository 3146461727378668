"""The object store that a cluster's owner provides: moto's S3 server beside the node's pods, and a Service that leads there."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

from components.system.backups.manifests.retention import BUCKET
from tests.dumps.bucket import Locked
from tests.e2e.rig import Rig

NAMESPACE, NAME, PORT = "object-store", "s3", 9000
ADDRESS = f"http://{NAME}.{NAMESPACE}.svc:{PORT}"
"""What the stack's `objectStore` says."""


@dataclass(frozen=True)
class Store:
    """One that answers, until its node goes down. `endpoint` is the way there from the tests."""

    endpoint: str

    def backups(self, system: str) -> Locked:
        """The bucket that a system's dumps go to."""
        return Locked(f"{system}-{BUCKET}", self.endpoint)

    def secret(self, system: str) -> Mapping[str, str]:
        """What the owner puts into the Secret `object-store` of each namespace."""
        return {**self.backups(system).secret, "AWS_ENDPOINT_URL": ADDRESS}


def start(rig: Rig) -> Store:
    (node,) = rig.get("nodes")
    ip = next(each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP")
    # Buckets are named in the path: by default moto takes the host's first word for one.
    program = [sys.executable, "-m", "moto.server", "--host", ip, "--port", str(PORT)]
    rig.start("env", "S3_IGNORE_SUBDOMAIN_BUCKETNAME=true", *program)
    rig.kubectl("create", "namespace", NAMESPACE)
    rig.kubectl("apply", "-f", "-", stdin=json.dumps(_service(ip)))
    store = Store(f"http://{rig.forward(f'{ip}:{PORT}')}")
    _wait(store.endpoint)
    return store


def _service(ip: str) -> dict[str, object]:
    """The node is no pod: its address is given by hand."""
    metadata = {"name": NAME, "namespace": NAMESPACE}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"ports": [{"name": "http", "port": PORT}]},
    }
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {**metadata, "labels": {"kubernetes.io/service-name": NAME}},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": PORT}],
        "endpoints": [{"addresses": [ip], "conditions": {"ready": True}}],
    }
    return {"apiVersion": "v1", "kind": "List", "items": [service, endpoints]}


def _wait(endpoint: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(endpoint, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < end, "the object store does not answer"
            time.sleep(0.5)
