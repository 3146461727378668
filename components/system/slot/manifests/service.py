"""A service's Service and ConfigMap."""

from __future__ import annotations

from pulumi_kubernetes import core

from components.manifests import names
from components.manifests.environment import Variables
from components.manifests.scope import Scope
from slipway.settings.services import HTTP, Service

H2C = "kubernetes.io/h2c"
"""HTTP/2 without TLS, in which gateways call gRPC:
https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol"""


def service(scope: Scope, *, name: str, slot: str, service: Service) -> core.v1.ServiceInitArgs:
    """Returns the Service of a slot. The gateway splits traffic; a Service's selector never changes. Where both slots use
    one service, routes find it by the Service of each."""
    return core.v1.ServiceInitArgs(
        metadata=scope.metadata(names.in_slot(name, slot), service.source, service=name, slot=slot),
        spec=core.v1.ServiceSpecArgs(
            type="ClusterIP",
            selector=names.selector(name, service.slot(slot)),
            ports=[
                core.v1.ServicePortArgs(
                    name=called,
                    port=service.address_port if called == HTTP else number,
                    target_port=called,
                    protocol="TCP",
                    app_protocol=H2C if called == HTTP and service.protocol == "grpc" else None,
                )
                for called, number in service.exposed.items()
            ],
        ),
    )


def config_map(
    scope: Scope, *, name: str, slot: str, service: Service, variables: Variables
) -> core.v1.ConfigMapInitArgs:
    """Returns the ConfigMap of plain variables. A Deployment's pods carry its checksum, so a change restarts them."""
    return core.v1.ConfigMapInitArgs(
        metadata=scope.metadata(
            names.in_slot(name, slot), service.source, service=name, slot=slot, annotations=_reasoned(variables)
        ),
        data=dict(variables.plain),
    )


def _reasoned(variables: Variables) -> dict[str, str]:
    """Returns an annotation with the variables that look like secrets but are not, for the policy pack."""
    return {"slipway.dev/plain-variables": ",".join(sorted(variables.reasoned))} if variables.reasoned else {}
