"""The cluster's proxies and the issuers of their certificates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, meta

from components.clouds.contract import ControllersFacts
from components.cluster.gateway.manifests import awaiting, certificates, envoy_policies, listeners, proxies
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
    """Creates the GatewayClass that all Gateways use, its proxies and the certificate issuers, where somebody runs their
    controllers."""

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:cluster:Gateway", name, opts=opts)
        self._name, self._args = name, args
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=opts.depends_on if opts else None)
        homes = args.settings.homes
        if homes.gateway is not None:
            self._share_proxies(homes.gateway.namespace)
        if homes.certificates is not None:
            self._sign(homes.certificates.namespace)
        self.register_outputs({})

    def _share_proxies(self, home: str) -> None:
        """Creates the class of all Gateways beside the controller, which reads the proxies' form there."""
        facts, gateway = self._args.facts, self._args.settings.gateway
        shared = proxies.proxy(
            gateway,
            self._args.pins.image("envoy"),
            facts.load_balancer,
            facts.load_balancer_class,
            self._args.latencies,
        )
        self._custom(envoy_policies.API_VERSION, "EnvoyProxy", listeners.CLASS, shared, gateway.source, home)
        chosen = proxies.gateway_class(listeners.CLASS, home)
        self._custom(listeners.API_VERSION, "GatewayClass", listeners.CLASS, chosen, gateway.source)

    def _sign(self, home: str) -> None:
        """Creates the issuers of domains and of connections inside the cluster."""
        declared = self._args.settings.certificates
        self._sign_ourselves(declared.source, home)
        if declared.issuer == "self-signed":
            public = certificates.signed_by_root()
        else:
            public = certificates.acme(declared, self._args.facts.solvers)
        self._issuer(listeners.CERTIFICATE_ISSUER, public, declared.source)

    def _sign_ourselves(self, source: str, home: str) -> None:
        """Creates the issuer for connections inside the cluster, which no outside client has to trust."""
        self._issuer(certificates.ROOT, certificates.self_signed(), source)
        self._custom(
            certificates.API_VERSION,
            "Certificate",
            certificates.ROOT,
            certificates.root(),
            source,
            home,
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
