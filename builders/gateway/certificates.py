"""The ClusterIssuer that signs the certificates of listeners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from settings.cluster_services import Certificates

API_VERSION = "cert-manager.io/v1"
SERVERS = {
    "production": "https://acme-v02.api.letsencrypt.org/directory",
    "staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
}
INTERNAL = "slipway-internal"
"""The ClusterIssuer of what only the cluster itself has to trust, such as brokers."""
ROOT_NAMESPACE = "cert-manager"
ROOT = "slipway-root"
"""The issuer, certificate and Secret by which a cluster signs for itself."""


def acme(settings: Certificates, solvers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Let's Encrypt, which is shown by a record in DNS that the domain is ours: no way in has to be open for it."""
    account: dict[str, Any] = {
        "server": SERVERS[settings.issuer],
        "privateKeySecretRef": {"name": f"acme-account-{settings.issuer}"},
        "solvers": [dict(solver) for solver in solvers],
    }
    return {"acme": {**account, **({"email": settings.email} if settings.email else {})}}


def self_signed() -> dict[str, Any]:
    return {"selfSigned": {}}


def root() -> dict[str, Any]:
    """The spec of the Certificate by which the cluster signs others, for ten years."""
    return {
        "isCA": True,
        "commonName": "Slipway",
        "secretName": ROOT,
        "duration": "87600h",
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Never"},
        "issuerRef": {"kind": "ClusterIssuer", "name": ROOT},
    }


def signed_by_root() -> dict[str, Any]:
    return {"ca": {"secretName": ROOT}}
