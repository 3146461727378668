"""The cluster: AKS with Entra identities only, Cilium, and automatic node upgrades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_azure_native as azure
from pulumi_azure_native import containerservice

from components.clouds.azure.context import AzureContext
from components.clouds.azure.network import ZONES
from components.clouds.azure.role_assignments import Grant, grant
from components.manifests import placement
from slipway.settings.cluster_settings import Kubernetes, NodePool
from slipway.settings.placement import USUAL, ExtraNodePool
from slipway.settings.stack_checks import RESERVED_NETWORKS

ADMINISTRATOR = "Azure Kubernetes Service RBAC Cluster Admin"
DNS_ADDRESS = "172.20.0.10"
LOGS = ["kube-apiserver", "kube-audit-admin", "kube-controller-manager", "kube-scheduler", "guard"]
LOG_RETENTION = (30, 730)
"""Retention of a Log Analytics workspace in days, lowest and highest. Source: Azure Monitor, data retention."""
CORES = (2, 4, 8, 16, 32, 48, 64, 96)
"""Cores of the machines in both families. Source: Azure virtual machine sizes, Dadsv5 and Eadsv5 series."""
SYSTEM_NODES = "Standard_D2ads_v5"
ARM_CORES = (2, 4, 8, 16, 32)
"""Cores of the machines in both families for arm64. Source: Azure virtual machine sizes, Dpdsv5 and Epdsv5 series."""
MOST_MEMORY = {"amd64": 672, "arm64": 208}
"""GiB of the largest machine of the E family. Source: the same."""
SPOT_TAINT = "kubernetes.azure.com/scalesetpriority"
"""Key of the taint and label of spot nodes. Source: AKS, add a spot node pool."""
OS_DISK = 64
"""GiB of an ephemeral OS disk. Source: the temporary disk of the smallest node, Azure virtual machine sizes."""


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    context: AzureContext
    subnet: pulumi.Input[str]
    outbound_cidrs: Sequence[pulumi.Input[str]]
    """Source networks of outbound connections from the nodes."""
    outbound_type: str
    zones: int
    settings: Kubernetes
    pools: Mapping[str, ExtraNodePool] = field(default_factory=dict)
    """Nodes besides, for services that ask for them."""
    keda: bool = False
    """Whether KEDA scales services, which AKS runs and updates."""


def node_size(pool: NodePool | ExtraNodePool) -> str:
    """Returns the smallest machine with the declared cores and memory: D has 4 GiB per core, E has 8 up to the largest.
    Raises ValueError if there is none."""
    architecture = pool.architecture if isinstance(pool, ExtraNodePool) else USUAL
    sizes, kind = (ARM_CORES, "pds") if architecture == "arm64" else (CORES, "ads")
    most = MOST_MEMORY[architecture]
    for cores in sizes:
        for family, memory in (("D", 4 * cores), ("E", min(8 * cores, most))):
            if cores >= pool.cpu and memory >= pool.memory:
                return f"Standard_{family}{cores}{kind}_v5"
    raise ValueError(
        f"{pool.source or 'kubernetes.nodes'}: no machine has {pool.cpu} cores and {pool.memory} GiB; "
        f"the largest have {sizes[-1]} cores and {most} GiB, for example cpu 4 and memory 16"
    )


class Cluster(pulumi.ComponentResource):
    """The AKS cluster: its `name` in Azure, the principal id of `kubelet`, and the role assignments of the deployers."""

    name: pulumi.Output[str]
    kubelet: pulumi.Output[str]
    address: pulumi.Output[str]
    issuer: pulumi.Output[str]
    """The OIDC issuer of the cluster's service accounts."""
    access: list[pulumi.Resource]
    workspace: pulumi.Output[str]
    """Id of the workspace that receives logs."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:azure:Cluster", name, opts=opts)
        self._name, self._args, self._context = name, args, args.context
        self._opts = pulumi.ResourceOptions(parent=self)
        workspace = self._workspace()
        cluster = self._cluster(workspace.id)
        self._diagnostics(cluster, workspace.id)
        for pool_name, pool in args.pools.items():
            self._extra_pool(cluster, pool_name, pool)
        self.access = [self._administrator(cluster, principal) for principal in args.context.deployers]
        self.name, self.workspace = cluster.name, workspace.id
        self.address = pulumi.Output.concat("https://", cluster.fqdn.apply(lambda fqdn: fqdn or ""), ":443")
        self.issuer = cluster.oidc_issuer_profile.apply(lambda profile: (profile.issuer_url if profile else None) or "")
        self.kubelet = cluster.identity_profile.apply(
            lambda profile: (profile or {})["kubeletidentity"].object_id or ""
        )
        self.register_outputs({"address": self.address})

    def _workspace(self) -> azure.operationalinsights.Workspace:
        context = self._context
        return azure.operationalinsights.Workspace(
            self._name,
            workspace_name=context.cluster_name,
            resource_group_name=context.resource_group,
            location=context.location,
            retention_in_days=min(max(self._args.settings.log_retention_days, LOG_RETENTION[0]), LOG_RETENTION[1]),
            sku=azure.operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
            tags=context.cluster_tags,
            opts=self._opts,
        )

    def _identity(self) -> tuple[azure.managedidentity.UserAssignedIdentity, pulumi.Resource]:
        """Creates the control plane's identity, which may only attach load balancers and nodes to the network."""
        context = self._context
        identity = azure.managedidentity.UserAssignedIdentity(
            self._name,
            resource_name_=context.cluster_name,
            resource_group_name=context.resource_group,
            location=context.location,
            tags=context.cluster_tags,
            opts=self._opts,
        )
        joins = Grant(
            key=f"{context.cluster_name}/network",
            role="Network Contributor",
            principal=identity.principal_id,
            principal_type="ServicePrincipal",
            scope=self._args.subnet,
        )
        return identity, grant(f"{self._name}-network", context, joins, self._opts)

    def _cluster(self, workspace: pulumi.Output[str]) -> containerservice.ManagedCluster:
        args, context = self._args, self._context
        identity, joins = self._identity()
        return containerservice.ManagedCluster(
            self._name,
            resource_name_=context.cluster_name,
            resource_group_name=context.resource_group,
            node_resource_group=f"{context.cluster_name}-nodes",
            location=context.location,
            dns_prefix=context.cluster_name,
            kubernetes_version=args.settings.version,
            sku=containerservice.ManagedClusterSKUArgs(name="Base", tier="Standard"),
            identity=containerservice.ManagedClusterIdentityArgs(
                type=containerservice.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[identity.id]
            ),
            disable_local_accounts=True,
            enable_rbac=True,
            aad_profile=containerservice.ManagedClusterAADProfileArgs(
                managed=True, enable_azure_rbac=True, tenant_id=context.tenant
            ),
            oidc_issuer_profile=containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
            security_profile=_security(workspace),
            network_profile=_network(args.outbound_type),
            # Nodes call the API server's public address. AKS authorizes them automatically only with outbound type
            # loadBalancer.
            api_server_access_profile=containerservice.ManagedClusterAPIServerAccessProfileArgs(
                authorized_ip_ranges=[*args.settings.authorized_networks, *args.outbound_cidrs]
            ),
            auto_upgrade_profile=containerservice.ManagedClusterAutoUpgradeProfileArgs(
                upgrade_channel="patch", node_os_upgrade_channel="NodeImage"
            ),
            agent_pool_profiles=[self._system_pool(), self._user_pool()],
            workload_auto_scaler_profile=_keda() if args.keda else None,
            tags=context.cluster_tags,
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[joins], protect=context.protect, ignore_changes=["agentPoolProfiles[*].count"]
            ),
        )

    def _system_pool(self) -> containerservice.ManagedClusterAgentPoolProfileArgs:
        return self._pool(
            "system", "System", SYSTEM_NODES, minimum=2, maximum=4, node_taints=["CriticalAddonsOnly=true:NoSchedule"]
        )

    def _user_pool(self) -> containerservice.ManagedClusterAgentPoolProfileArgs:
        nodes = self._args.settings.nodes
        return self._pool("user", "User", node_size(nodes), minimum=nodes.minimum, maximum=nodes.maximum)

    def _pool(
        self,
        name: str,
        mode: str,
        size: str,
        *,
        minimum: int,
        maximum: int,
        node_taints: Sequence[str] = (),
    ) -> containerservice.ManagedClusterAgentPoolProfileArgs:
        """Returns a node pool. `count` is only the initial size, which the autoscaler then changes: Azure requires it
        at creation and refuses manual scaling later (pulumi-azure-native #2943, pulumi-azure #780)."""
        return containerservice.ManagedClusterAgentPoolProfileArgs(
            name=name,
            mode=mode,
            type="VirtualMachineScaleSets",
            vm_size=size,
            os_type="Linux",
            os_sku="AzureLinux",
            os_disk_type="Ephemeral",
            os_disk_size_gb=OS_DISK,
            enable_auto_scaling=True,
            count=minimum,
            min_count=minimum,
            max_count=maximum,
            max_pods=110,
            availability_zones=list(ZONES[: self._args.zones]),
            vnet_subnet_id=self._args.subnet,
            node_taints=list(node_taints) or None,
            enable_node_public_ip=False,
            upgrade_settings=containerservice.AgentPoolUpgradeSettingsArgs(max_surge="33%"),
        )

    def _extra_pool(self, cluster: containerservice.ManagedCluster, name: str, pool: ExtraNodePool) -> None:
        """Creates a pool that begins without nodes. Spot nodes have no upgrade settings, which Azure refuses there, and
        Azure's own taint; their price is the market's, at most that of other nodes."""
        args, spot = self._args, pool.spot
        tainted = {**placement.taints(name, pool), **({SPOT_TAINT: "spot"} if spot else {})}
        containerservice.AgentPool(
            f"{self._name}-nodes-{name}",
            agent_pool_name=name,
            resource_name_=cluster.name,
            resource_group_name=self._context.resource_group,
            mode="User",
            type="VirtualMachineScaleSets",
            vm_size=node_size(pool),
            os_type="Linux",
            os_sku="AzureLinux",
            os_disk_type="Ephemeral",
            os_disk_size_gb=OS_DISK,
            enable_auto_scaling=True,
            count=0,
            min_count=0,
            max_count=pool.maximum,
            max_pods=110,
            availability_zones=list(ZONES[: args.zones]),
            vnet_subnet_id=args.subnet,
            node_labels=placement.labels(name, pool),
            node_taints=[f"{key}={value}:NoSchedule" for key, value in tainted.items()],
            enable_node_public_ip=False,
            scale_set_priority="Spot" if spot else None,
            scale_set_eviction_policy="Delete" if spot else None,
            spot_max_price=-1 if spot else None,
            upgrade_settings=None if spot else containerservice.AgentPoolUpgradeSettingsArgs(max_surge="33%"),
            tags=self._context.cluster_tags,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["count"]),
        )

    def _diagnostics(self, cluster: containerservice.ManagedCluster, workspace: pulumi.Output[str]) -> None:
        azure.monitor.DiagnosticSetting(
            self._name,
            name="control-plane",
            resource_uri=cluster.id,
            workspace_id=workspace,
            log_analytics_destination_type="Dedicated",
            logs=[azure.monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in LOGS],
            opts=self._opts,
        )

    def _administrator(self, cluster: containerservice.ManagedCluster, principal: str) -> pulumi.Resource:
        """Grants a deployer access. The principal type is not set, because a deployer may be a group or an identity."""
        may = Grant(
            key=f"{self._context.cluster_name}/deployer/{principal}",
            role=ADMINISTRATOR,
            principal=principal,
            principal_type=None,
            scope=cluster.id,
        )
        return grant(f"{self._name}-deployer-{principal}", self._context, may, self._opts)


def _security(workspace: pulumi.Output[str]) -> containerservice.ManagedClusterSecurityProfileArgs:
    return containerservice.ManagedClusterSecurityProfileArgs(
        workload_identity=containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
        image_cleaner=containerservice.ManagedClusterSecurityProfileImageCleanerArgs(enabled=True, interval_hours=168),
        defender=containerservice.ManagedClusterSecurityProfileDefenderArgs(
            log_analytics_workspace_resource_id=workspace,
            security_monitoring=containerservice.ManagedClusterSecurityProfileDefenderSecurityMonitoringArgs(
                enabled=True
            ),
        ),
    )


def _keda() -> containerservice.ManagedClusterWorkloadAutoScalerProfileArgs:
    return containerservice.ManagedClusterWorkloadAutoScalerProfileArgs(
        keda=containerservice.ManagedClusterWorkloadAutoScalerProfileKedaArgs(enabled=True)
    )


def _network(outbound_type: str) -> containerservice.ContainerServiceNetworkProfileArgs:
    return containerservice.ContainerServiceNetworkProfileArgs(
        network_plugin="azure",
        network_plugin_mode="overlay",
        network_dataplane="cilium",
        network_policy="cilium",
        pod_cidr=RESERVED_NETWORKS["pods"],
        service_cidr=RESERVED_NETWORKS["Services"],
        dns_service_ip=DNS_ADDRESS,
        load_balancer_sku="standard",
        outbound_type=outbound_type,
    )
