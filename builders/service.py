"""What a service is reached by and configured with inside the cluster."""

from __future__ import annotations

from pulumi_kubernetes import core

from builders import names
from builders.environment import Variables
from builders.scope import Scope
from settings.services import Service


def service(scope: Scope, *, name: str, slot: str, service: Service) -> core.v1.ServiceInitArgs:
    """One address a slot. Traffic is shared out at the gateway; a Service's selector never changes."""
    return core.v1.ServiceInitArgs(
        metadata=scope.metadata(names.in_slot(name, slot), service.source, service=name, slot=slot),
        spec=core.v1.ServiceSpecArgs(
            type="ClusterIP",
            selector=names.selector(name, slot),
            ports=[
                core.v1.ServicePortArgs(
                    name="http", port=service.service_port or service.port, target_port="http", protocol="TCP"
                )
            ],
        ),
    )


def config_map(
    scope: Scope, *, name: str, slot: str, service: Service, variables: Variables
) -> core.v1.ConfigMapInitArgs:
    """The plain variables. A Deployment's pods carry their checksum, so a change rolls them."""
    return core.v1.ConfigMapInitArgs(
        metadata=scope.metadata(names.in_slot(name, slot), service.source, service=name, slot=slot),
        data=dict(variables.plain),
    )
