"""The cluster's proxies and the issuers of their certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, meta

from components.clouds.contract import ControllersFacts
from components.cluster.gateway.manifests import awaiting, certificates, listeners, policies, proxies
from components.manifests import names
from components.manifests.versions import Pins
from slipway.settings.cluster_services import ClusterServices


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    settings: ClusterServices
    facts: ControllersFacts
    pins: Pins
    latencies: Sequence[int]
    """Bounds in milliseconds that latency objectives use."""


class Gateway(pulumi.ComponentResource):
    """Creates the GatewayClass that all Gateways use, its proxies and the certificate issuers."""

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cluster:Gateway", name, opts=opts)
        self._name, self._args = name, args
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=opts.depends_on if opts else None)
        settings, facts = args.settings, args.facts
        gateway = settings.gateway
        shared = proxies.proxy(
            gateway, args.pins.image("envoy"), facts.load_balancer, facts.load_balancer_class, args.latencies
        )
        self._custom(
            policies.API_VERSION, "EnvoyProxy", listeners.CLASS, shared, gateway.source, names.GATEWAY_NAMESPACE
        )
        chosen = proxies.gateway_class(listeners.CLASS, names.GATEWAY_NAMESPACE)
        self._custom(listeners.API_VERSION, "GatewayClass", listeners.CLASS, chosen, gateway.source)
        self._sign_ourselves(settings.certificates.source)
        if settings.certificates.issuer == "self-signed":
            public = certificates.signed_by_root()
        else:
            public = certificates.acme(settings.certificates, facts.solvers)
        self._issuer(listeners.CERTIFICATE_ISSUER, public, settings.certificates.source)
        self.register_outputs({})

    def _sign_ourselves(self, source: str) -> None:
        """Creates the issuer for connections inside the cluster, which no outside client has to trust."""
        self._issuer(certificates.ROOT, certificates.self_signed(), source)
        self._custom(
            certificates.API_VERSION,
            "Certificate",
            certificates.ROOT,
            certificates.root(),
            source,
            certificates.ROOT_NAMESPACE,
        )
        self._issuer(certificates.INTERNAL, certificates.signed_by_root(), source)

    def _issuer(self, issuer: str, spec: Mapping[str, Any], source: str) -> None:
        self._custom(certificates.API_VERSION, "ClusterIssuer", issuer, spec, source)

    def _custom(
        self, api_version: str, kind: str, name: str, spec: Mapping[str, Any], source: str, place: str | None = None
    ) -> None:
        awaited = awaiting.awaited(kind, spec)
        apiextensions.CustomResource(
            f"{self._name}/{name}",
            api_version=api_version,
            kind=kind,
            metadata=meta.v1.ObjectMetaArgs(
                name=name,
                namespace=place,
                labels=names.labels(names.CLUSTER),
                annotations={**names.source_annotation(source or self._args.settings.source), **awaited},
            ),
            spec=dict(spec),
            opts=self._opts,
        )
