"""Azure: the control plane and nodes of a cluster, new ones or those of a cluster that exists, and checks of it."""

from __future__ import annotations

import re
from typing import Annotated

from slipway.settings.clouds.azure_existing import AzureNetwork
from slipway.settings.clouds.shared_checks import Base64, of_new_cluster
from slipway.settings.cluster_settings import Kubernetes
from slipway.settings.fields import Identifier, Matching
from slipway.settings.finding import Finding, Found
from slipway.settings.pointers import Path
from slipway.settings.setting import Setting

_RESOURCE = r"(?i:/subscriptions/[^/]+/resourceGroups/[^/]+/providers/{kind}/[^/]+)"
_EXAMPLE = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/shop/providers"


def _id(what: str, kind: str) -> Matching:
    return Matching(f"the id of {what}", f"{_EXAMPLE}/{kind}/shop", _RESOURCE.format(kind=re.escape(kind)), 300)


AksId = Annotated[str, _id("an AKS cluster", "Microsoft.ContainerService/managedClusters")]
Workspace = Annotated[str, _id("a Log Analytics workspace", "Microsoft.OperationalInsights/workspaces")]
AksEndpoint = Annotated[
    str,
    Matching(
        "the address of an AKS API server",
        "https://shop-0a1b2c3d.hcp.eastus2.azmk8s.io:443",
        r"https://[a-z0-9.-]+\.azmk8s\.io(:443)?",
    ),
]
AksIssuer = Annotated[
    str,
    Matching(
        "the OIDC issuer of an AKS cluster",
        "https://eastus2.oic.prod-aks.azure.com/00000000-0000-4000-8000-000000000002/00000000-0000-4000-8000-00000000000a/",
        r"https://[a-z0-9.-]+\.azure\.com/[0-9a-f-]{36}/[0-9a-f-]{36}/",
    ),
]


class AzureExistingCluster(Setting):
    """An AKS cluster that exists, with Entra login, its OIDC issuer and workload identity enabled."""

    id: AksId
    """Its resource id."""
    endpoint: AksEndpoint
    """Address of its API server."""
    certificate: Base64
    """The certificate authority in its kubeconfig, in base64."""
    issuer: AksIssuer
    """Its OIDC issuer, whose tokens give pods identities."""
    kubelet: Identifier
    """Object id of its kubelet's identity, which pulls images."""
    workspace: Workspace
    """Workspace that receives the logs of databases."""


class AzureKubernetes(Kubernetes):
    """The cluster's control plane and nodes."""

    existing: AzureExistingCluster | None = None
    """A cluster that exists, in place of a new one; `version`, `nodes` and `logRetentionDays` are of a new one.
    `authorizedNetworks` reach vaults and files."""

    @property
    def not_evaluated(self) -> str:
        if self.existing is None:
            return ""
        return f"the cluster {self.existing.id.rpartition('/')[2]}: its control plane, nodes, access and logs"


def findings(path: Path, subscription: str, kubernetes: AzureKubernetes, network: AzureNetwork) -> Found:
    """Check the cluster at a path, and that its network has what a new or an existing one needs."""
    where, of_nodes = (*path, "network", "existing"), ("nodes", "outbound", "outboundType")
    given = network.existing
    if kubernetes.existing is not None:
        if f"/subscriptions/{subscription}/" not in kubernetes.existing.id.lower():
            rule = "is in another subscription: the identities of its pods are created in the cluster's own"
            yield Finding((*path, "kubernetes", "existing", "id"), rule, ((*path, "subscription"),))
        yield from of_new_cluster((*path, "kubernetes"), kubernetes, ("version", "nodes", "logRetentionDays"))
        for key, written in zip(of_nodes, given.of_nodes if given else (), strict=False):
            if written:
                rule = "is of the nodes of a new cluster, and this one exists: leave it out"
                yield Finding((*where, key), rule, ((*path, "kubernetes", "existing"),))
    elif given is not None:
        for key, written in zip(of_nodes[:2], given.of_nodes, strict=False):
            if not written:
                yield Finding((*where, key), "is required with a new cluster")
