"""Inbound access to networks of Azure and to the clusters, databases and vaults in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from adapters import addresses
from adapters.clouds.contract import Evaluation, Firewall, RuleGroup, guarded
from adapters.openings import Opening, api_server, listed
from adapters.safeguards import EACH, Safeguard
from framework import Property, Resource, Settings, Verdict


def _network_group(group: Resource) -> Iterator[Opening]:
    for rule in listed(group["securityRules"]):
        yield from [Opening(rule)] if rule.unknown else _azure_rule(rule)


def _azure_rule(rule: Property) -> Iterator[Opening]:
    if rule["access"].text == "Deny" or rule["direction"].text == "Outbound":
        return
    ports = [each for key in ("destinationPortRange", "destinationPortRanges") for each in listed(rule[key])]
    for key in ("sourceAddressPrefix", "sourceAddressPrefixes"):
        for source in listed(rule[key]):
            yield Opening(
                _source(source), [] if any(each.text == "*" for each in ports) else [(each, each) for each in ports]
            )


def _source(prefix: Property) -> Property:
    """Return the source; `AzureCloud`, or its part of a region, includes every customer of Azure."""
    tag = (prefix.text or "").lower().partition(".")[0]
    return Property("Internet", prefix.path) if tag == "azurecloud" else prefix


def _aks(cluster: Resource) -> Iterator[Opening]:
    profile = cluster["apiServerAccessProfile"]
    if profile["enablePrivateCluster"].value is not True:
        yield from api_server(profile["authorizedIPRanges"])


def _evaluate_subnet(subnet: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check that packets into a subnet meet a security group."""
    inline = subnet["subnets"].elements() if subnet.type == NETWORK else [subnet.properties]
    for group in (each["networkSecurityGroup"]["id"] for each in inline):
        if group.missing:
            verdict.violated(subnet, f"admits every packet into a subnet: {group.path} is not set")


_PUBLIC_NODES = "gives its nodes public addresses"
NETWORK, CLUSTER = "azure-native:network:VirtualNetwork", "azure-native:containerservice:ManagedCluster"
CLOSED: Mapping[str, Evaluation] = {
    **dict.fromkeys((NETWORK, "azure-native:network:Subnet"), _evaluate_subnet),
    "azure-native:containerservice:AgentPool": guarded(
        Safeguard(path=("enableNodePublicIP",), safe=(False,), by_default=True, otherwise=_PUBLIC_NODES)
    ),
    CLUSTER: guarded(
        Safeguard(
            path=("agentPoolProfiles", EACH, "enableNodePublicIP"),
            safe=(False,),
            by_default=True,
            otherwise=_PUBLIC_NODES,
        ),
        *(
            Safeguard(
                path=("addonProfiles", addon, "enabled"), safe=(False,), by_default=True, otherwise="has another way in"
            )
            for addon in ("httpApplicationRouting", "kubeDashboard")
        ),
    ),
}
"""What opens a network without a range."""


def isolation(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check that a cluster acts on NetworkPolicies."""
    for each in (each for each in resources if each.type == CLUSTER):
        ENFORCED.evaluate(each, verdict)


ENFORCED = Safeguard(
    path=("networkProfile", "networkPolicy"),
    safe=("azure", "calico", "cilium"),
    otherwise="ignores every NetworkPolicy",
)

INGRESS: Mapping[str, Callable[[Resource], Iterator[Opening]]] = {
    "azure-native:network:NetworkSecurityGroup": _network_group,
    "azure-native:network:SecurityRule": lambda rule: _azure_rule(rule.properties),
    CLUSTER: _aks,
}
RULE_GROUPS = {
    "azure-native:network:NetworkSecurityGroup": RuleGroup(
        "networkSecurityGroupName", {"azure-native:network:SecurityRule": "networkSecurityGroupName"}
    )
}
INTERNAL = {"service.beta.kubernetes.io/azure-load-balancer-internal": ("true",)}
SOURCE_RANGES = ("service.beta.kubernetes.io/azure-allowed-ip-ranges",)

FIREWALLS: Mapping[str, Firewall] = {
    "azure-native:dbforpostgresql:FirewallRule": Firewall(),
    "azure-native:dbformysql:FirewallRule": Firewall(),
    "azure-native:dbformariadb:FirewallRule": Firewall(),
    "azure-native:sql:FirewallRule": Firewall(),
    "azure-native:synapse:IpFirewallRule": Firewall(),
    "azure-native:mongocluster:FirewallRule": Firewall(
        ("properties", "startIpAddress"), ("properties", "endIpAddress")
    ),
    "azure-native:cache:FirewallRule": Firewall(("startIP",), ("endIP",)),
}


def vault_exposure(vault: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check a key vault by the networks that it admits."""
    properties = vault["properties"]
    access, default = properties["publicNetworkAccess"], properties["networkAcls"]["defaultAction"]
    if (access.text or "").lower() == "disabled":
        return
    if access.unknown or default.unknown:
        verdict.undecided(vault, access if access.unknown else default)
    elif default.text != "Deny":
        verdict.violated(vault, f"can be reached from every network: {default.path} is not Deny")
    else:
        evaluate_ranges(vault, properties["networkAcls"]["ipRules"], "value", verdict)


def evaluate_ranges(resource: Resource, rules: Property, key: str, verdict: Verdict) -> None:
    """Check all ranges of one firewall together."""
    found = [addresses.networks(each[key].text or "") or () for each in rules.elements()]
    if addresses.are_wide(network for each in found for network in each):
        verdict.violated(resource, f"can be reached from every network: {rules.path} add up to the whole internet")
