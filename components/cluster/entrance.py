"""The cluster's proxies, and who signs the certificates of what they serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_kubernetes import apiextensions, meta

from builders import names
from builders.gateway import certificates, listeners, policies, proxies
from builders.parts import Parts
from components.cloud.contract import ControllersFacts
from settings.cluster_services import ClusterServices


@dataclass(frozen=True, kw_only=True)
class EntranceArgs:
    settings: ClusterServices
    facts: ControllersFacts
    parts: Parts
    latencies: Sequence[int]
    """Milliseconds that an objective asks about."""


class Entrance(pulumi.ComponentResource):
    """The class that all Gateways are of, and the issuer of that name."""

    def __init__(self, name: str, args: EntranceArgs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("slipway:cluster:Entrance", name, opts=opts)
        self._name, self._args = name, args
        self._opts = pulumi.ResourceOptions(parent=self, depends_on=opts.depends_on)
        settings, facts = args.settings, args.facts
        gateway = settings.gateway
        shared = proxies.proxy(
            gateway, args.parts.image("envoy"), facts.load_balancer, facts.load_balancer_class, args.latencies
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
        """What nobody outside has to trust: connections inside the cluster."""
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
        apiextensions.CustomResource(
            f"{self._name}/{name}",
            api_version=api_version,
            kind=kind,
            metadata=meta.v1.ObjectMetaArgs(
                name=name,
                namespace=place,
                labels=names.labels(names.CLUSTER),
                annotations=names.source_annotation(source or self._args.settings.source),
            ),
            spec=dict(spec),
            opts=self._opts,
        )
