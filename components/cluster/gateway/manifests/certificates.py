"""The ClusterIssuer that signs the certificates of listeners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from slipway.settings.cluster_services import Certificates

API_VERSION = "cert-manager.io/v1"
SERVERS = {
    "production": "https://acme-v02.api.letsencrypt.org/directory",
    "staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
}
INTERNAL = "slipway-internal"
"""ClusterIssuer for certificates that only clients inside the cluster have to trust, such as a broker's."""
ROOT = "slipway-root"
"""Issuer, certificate and Secret of the cluster's self-signed CA."""


def acme(settings: Certificates, solvers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns an issuer of Let's Encrypt with DNS-01 validation, which needs no open ingress."""
    account: dict[str, Any] = {
        "server": SERVERS[settings.issuer],
        "privateKeySecretRef": {"name": f"acme-account-{settings.issuer}"},
        "solvers": [dict(solver) for solver in solvers],
    }
    return {"acme": {**account, **({"email": settings.email} if settings.email else {})}}


def self_signed() -> dict[str, Any]:
    return {"selfSigned": {}}


def root() -> dict[str, Any]:
    """Returns the spec of the self-signed CA certificate, which is valid for ten years."""
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
