"""What AWS decides of a cluster and systems in other stacks need: to export it, and to read it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import pulumi

from components.clouds.aws.context import (
    AwsClusterContext,
    AwsContext,
    ClusterAccessFacts,
    ControlPlane,
    KeyFacts,
    NetworkFacts,
    SecondRegion,
    VaultFacts,
)
from components.clouds.aws.existing_network import existing_network
from components.clouds.aws.network import subnet_cidrs
from components.clouds.aws.pod_identity import ControllerIdentity
from components.clouds.aws.vault import vault_arn
from components.clouds.contract import IdentityFacts
from components.clouds.exported import Exported
from slipway.settings.clouds.aws import AwsCluster


@dataclass(frozen=True, kw_only=True)
class ReferencedIdentity:
    """The identity of a controller that another stack has."""

    role_name: pulumi.Output[str]
    facts: IdentityFacts = field(default_factory=IdentityFacts)
    bindings: Sequence[pulumi.Resource] = ()
    grants: Sequence[pulumi.Resource] = ()


def exported_facts(context: AwsClusterContext, controllers: Mapping[str, ControllerIdentity]) -> dict[str, Any]:
    """Returns the facts that `referenced_context` and `controllers_of` read."""
    key, network, plane, second = context.key, context.network, context.control_plane, context.second
    facts: dict[str, Any] = {
        "key": {"arn": key.arn, **({} if key.second_arn is None else {"secondArn": key.second_arn})},
        "network": {
            "vpc": network.vpc_id,
            "privateSubnets": list(network.private_subnets),
            "dataSubnets": list(network.data_subnets),
        },
        "controlPlane": {"name": plane.name, "issuer": plane.issuer, "issuerArn": plane.issuer_arn},
        "backupRole": context.vault.role_arn,
        "controllers": {name: each.role_name for name, each in controllers.items()},
    }
    if second is not None:
        facts["second"] = {"subnets": list(second.subnets), "firewall": second.firewall, "key": second.key_arn}
    return facts


def referenced_context(context: AwsContext, settings: AwsCluster, exported: Exported) -> AwsClusterContext:
    """Returns the context of a cluster that another stack has."""
    second = _second(context, settings, exported)
    copied = context.second_region is not None
    return AwsClusterContext(
        **{each.name: getattr(context, each.name) for each in fields(context)},
        key=KeyFacts(arn=exported.text("key", "arn"), second_arn=exported.text("key", "secondArn") if copied else None),
        network=_network(settings, exported),
        control_plane=ControlPlane(
            name=exported.text("controlPlane", "name"),
            issuer=exported.text("controlPlane", "issuer"),
            issuer_arn=exported.text("controlPlane", "issuerArn"),
        ),
        vault=VaultFacts(
            name=context.cluster_name,
            arn=vault_arn(context, context.region),
            copy_arn=vault_arn(context, context.second_region) if context.second_region is not None else None,
            role_arn=exported.text("backupRole"),
        ),
        second=second,
    )


def referenced_access(context: AwsClusterContext, exported: Exported) -> ClusterAccessFacts:
    return ClusterAccessFacts(
        facts=context.control_plane, endpoint=exported.server("address"), certificate=exported.server("certificate")
    )


def controllers_of(names: Sequence[str], exported: Exported) -> dict[str, ReferencedIdentity]:
    return {name: ReferencedIdentity(role_name=exported.text("controllers", name)) for name in names}


def _network(settings: AwsCluster, exported: Exported) -> NetworkFacts:
    """Returns the network: its address ranges follow from settings, the ids of a new one are exported."""
    written, existing = settings.network, settings.kubernetes.existing
    if written.existing is not None:
        return existing_network(written.existing, existing.pods if existing else ())
    cidrs = subnet_cidrs(written.cidr, written.zones)
    return NetworkFacts(
        vpc_id=exported.text("network", "vpc"),
        private_subnets=exported.texts(len(cidrs["private"]), "network", "privateSubnets"),
        data_subnets=exported.texts(len(cidrs["data"]), "network", "dataSubnets"),
        private_cidrs=cidrs["private"],
        data_cidrs=cidrs["data"],
    )


def _second(context: AwsContext, settings: AwsCluster, exported: Exported) -> SecondRegion | None:
    if context.second_region is None or settings.network.second_cidr is None:
        return None
    return SecondRegion(
        region=context.second_region,
        subnets=exported.texts(settings.network.zones, "second", "subnets"),
        firewall=exported.text("second", "firewall"),
        key_arn=exported.text("second", "key"),
    )
