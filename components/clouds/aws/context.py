"""The context of a cluster on AWS, shared by all its components: one frozen value, passed and never copied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.manifests import names


@dataclass(frozen=True, kw_only=True)
class AwsContext:
    """The account and region of a cluster, the names, tags and protection of its resources, and their provider. All of
    it is known before any resource is created."""

    provider: aws.Provider
    account: str
    region: str
    second_region: str | None
    cluster_name: str
    """Begins the names of what Slipway creates for the cluster."""
    eks_name: str
    """Name of the cluster in EKS: the same, or that of one that exists."""
    source: str
    """Where the stack declares it."""
    log_retention_days: int
    protect: bool
    tags: Mapping[str, str]
    """Tags of every resource, in addition to its source."""

    @property
    def cluster_tags(self) -> dict[str, str]:
        """Returns the tags of resources that belong to the cluster and to no system."""
        return self.tagged(self.source)

    def tagged(self, source: str, **more: str) -> dict[str, str]:
        return names.tags(source, self.tags, **more)

    def below(self, opts: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
        """Returns options for a component that implements a request made with `opts`. Resources outside the cluster do
        not wait for resources in it."""
        return pulumi.ResourceOptions(parent=opts.parent, providers=[self.provider])


@dataclass(frozen=True, kw_only=True)
class KeyFacts:
    """The key of a cluster's data, by its ARN in each region."""

    arn: pulumi.Input[str]
    second_arn: pulumi.Input[str] | None


@dataclass(frozen=True, kw_only=True)
class NetworkFacts:
    """Private subnets are for nodes, data subnets for databases."""

    vpc_id: pulumi.Input[str]
    private_subnets: Sequence[pulumi.Input[str]]
    data_subnets: Sequence[pulumi.Input[str]]
    private_cidrs: tuple[str, ...]
    data_cidrs: tuple[str, ...]
    balanced_subnets: tuple[str, ...] = ()
    """Subnets of the gateway's load balancer; none where it finds them by their tags."""


@dataclass(frozen=True, kw_only=True)
class ControlPlane:
    """The cluster as other components refer to it. Resources that use its `name` wait for the cluster."""

    name: pulumi.Input[str]
    issuer: pulumi.Input[str]
    """The OIDC issuer of its service accounts, without `https://`."""
    issuer_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class ClusterAccessFacts:
    """The cluster and its API server. What is created in it waits for `granted`, the access of the deployers."""

    facts: ControlPlane
    endpoint: pulumi.Input[str]
    certificate: pulumi.Input[str]
    """The API server's certificate authority, in base64."""
    granted: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True, kw_only=True)
class VaultFacts:
    """`copy_arn` is the ARN of the vault in the second region; `role_arn` is the role that writes to both vaults."""

    name: str
    arn: str
    copy_arn: str | None
    role_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class SecondRegion:
    """Network and key for database replicas, which can be promoted."""

    region: str
    subnets: Sequence[pulumi.Input[str]]
    firewall: pulumi.Input[str]
    key_arn: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class AwsClusterContext(AwsContext):
    """The context with the outputs of the cluster, shared by its systems."""

    key: KeyFacts
    network: NetworkFacts
    control_plane: ControlPlane
    vault: VaultFacts
    second: SecondRegion | None
