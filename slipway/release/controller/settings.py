"""What the controller's Deployment tells it, by environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PORT = 8080
"""Port of metrics and probes. Chosen: the usual one of a pod without privileges."""
ADDRESSES = Path("/etc/slipway/addresses")
"""Where the Secret with addresses for messages is mounted."""
LEASE = "slipway-releases"
"""Name of the Lease of the leader."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of one replica."""

    namespace: str
    """`POD_NAMESPACE`: where the Lease is."""
    identity: str
    """`POD_NAME`: the holder's name in the Lease."""
    prometheus: str | None = None
    """`SLIPWAY_PROMETHEUS`: base URL of Prometheus' HTTP API. Without it no figure is known, so nothing is promoted."""
    port: int = PORT
    """`SLIPWAY_PORT`: port of `/metrics`, `/healthz` and `/readyz`."""
    addresses: Path = ADDRESSES
    """`SLIPWAY_ADDRESSES`: folder of the mounted Secret whose keys `email`, `chat`, `pager` and `status-page` are
    addresses of Apprise. A key with the team's name, such as `pager.fleet`, is preferred. `{email}` and `{chat}` in an
    address stand for the receiver."""
    any_certificate: bool = False
    """`SLIPWAY_GATEWAY_CERTIFICATES=any`: whether certificates of the gateway are accepted unchecked, for clusters that
    sign their own; checked by default."""
    docker_config: Path | None = None
    """`SLIPWAY_DOCKER_CONFIG`: file of a mounted Secret of type `kubernetes.io/dockerconfigjson`, by which images are
    looked up in private registries. Registries of clouds are asked with the pod's identity."""
    lease: str = LEASE
    """`SLIPWAY_LEASE`: name of the Lease."""


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Return the settings of this pod. Raises ValueError, which names the variable, if one is missing or wrong."""
    missing = [name for name in ("POD_NAMESPACE", "POD_NAME") if not environment.get(name)]
    if missing:
        raise ValueError(f"the environment variable {missing[0]} is missing; the Deployment sets it from the pod")
    certificates = environment.get("SLIPWAY_GATEWAY_CERTIFICATES", "checked")
    if certificates not in ("checked", "any"):
        raise ValueError("SLIPWAY_GATEWAY_CERTIFICATES is neither `checked` nor `any`")
    port = environment.get("SLIPWAY_PORT", str(PORT))
    if not port.isdecimal():
        raise ValueError("SLIPWAY_PORT is not a port, for example 8080")
    return Settings(
        namespace=environment["POD_NAMESPACE"],
        identity=environment["POD_NAME"],
        prometheus=environment.get("SLIPWAY_PROMETHEUS") or None,
        port=int(port),
        addresses=Path(environment.get("SLIPWAY_ADDRESSES", str(ADDRESSES))),
        any_certificate=certificates == "any",
        docker_config=Path(found) if (found := environment.get("SLIPWAY_DOCKER_CONFIG")) else None,
        lease=environment.get("SLIPWAY_LEASE", LEASE),
    )
