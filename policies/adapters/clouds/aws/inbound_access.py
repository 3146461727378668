"""Inbound access to networks of AWS and their servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from adapters.clouds.contract import Evaluation, RuleGroup, guarded
from adapters.openings import LAST, Opening, Range, api_server, listed
from adapters.safeguards import Safeguard
from framework import Absence, Property, Resource, Settings, Verdict

_EPHEMERAL = (1024, 32768, 49152)
"""First ports of ephemeral ranges. Source: Amazon VPC User Guide, network ACLs, ephemeral ports (NAT, Linux, Windows)."""


def _sources(rule: Property) -> Iterator[Property]:
    for key in ("cidrBlocks", "ipv6CidrBlocks"):
        yield from listed(rule[key])


def _ports(rule: Property, protocol: Property) -> Sequence[Range]:
    return () if protocol.text in ("-1", "all") else [(rule["fromPort"], rule["toPort"])]


def _inline(group: Resource) -> Iterator[Opening]:
    for rule in listed(group["ingress"]):
        for source in [rule] if rule.unknown else _sources(rule):
            yield Opening(source, _ports(rule, rule["protocol"]))


def _group_rule(rule: Resource) -> Iterator[Opening]:
    if rule["type"].text != "egress":
        for source in _sources(rule.properties):
            yield Opening(source, _ports(rule.properties, rule["protocol"]))


def _ingress_rule(rule: Resource) -> Iterator[Opening]:
    for source in (rule["cidrIpv4"], rule["cidrIpv6"]):
        if source.present:
            yield Opening(source, _ports(rule.properties, rule["ipProtocol"]))


def _prefix_list(found: Resource) -> Iterator[Opening]:
    """Return the ranges of a prefix list; the rules that refer to it add the ports."""
    for entry in listed(found["entries"]):
        yield Opening(entry["cidr"])
    if found["cidr"].present:
        yield Opening(found["cidr"])


def _network_acl(acl: Resource) -> Iterator[Opening]:
    """Return the openings of a stateless ACL, without the ephemeral ports for responses, which security groups protect."""
    for rule in listed(acl["ingress"]) if acl["ingress"].present else [acl.properties]:
        action = rule["action"] if rule["action"].present else rule["ruleAction"]
        answers = rule["fromPort"].whole_number in _EPHEMERAL and rule["toPort"].whole_number == LAST
        if (action.text or "").lower() == "deny" or rule["egress"].value is True or answers:
            continue
        for key in ("cidrBlock", "ipv6CidrBlock"):
            if rule[key].present:
                yield Opening(rule[key], _ports(rule, rule["protocol"]))


def _function(url: Resource) -> Iterator[Opening]:
    if url["authorizationType"].text != "AWS_IAM":
        yield Opening(Property(Absence.MISSING, "authorizationType"))


def _eks(cluster: Resource) -> Iterator[Opening]:
    vpc = cluster["vpcConfig"]
    if vpc["endpointPublicAccess"].value is not False:
        yield from api_server(vpc["publicAccessCidrs"])


def _evaluate_default_group(group: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check that the group of whatever names none admits nothing."""
    for rules in (group["ingress"], group["egress"]):
        if rules.unknown:
            verdict.undecided(group, rules)
        elif any(rules.elements()):
            verdict.violated(group, f"opens whatever names no group: {rules.path} has rules")


def _evaluate_firewall(firewall: Resource, _settings: Settings, verdict: Verdict) -> None:
    """Check that the firewall of a site refuses, and does not only count."""
    rules = firewall["rules"]
    if not rules.unknown and not any(rules.elements()):
        verdict.violated(firewall, f"refuses nothing: {rules.path} is empty")
    for action in (rule[key]["count"] for rule in rules.elements() for key in ("overrideAction", "action")):
        if action.present:
            verdict.violated(firewall, f"only counts attacks: {action.path}")


DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
CLOSED: Mapping[str, Evaluation] = {
    DEFAULT_GROUP: _evaluate_default_group,
    "aws:lb/loadBalancer:LoadBalancer": guarded(
        Safeguard(
            path=("desyncMitigationMode",),
            safe=("defensive", "strictest"),
            by_default=True,
            otherwise="lets through requests that hide others",
        ),
        Safeguard(
            path=("dropInvalidHeaderFields",),
            safe=(True,),
            by_default=True,
            otherwise="lets through headers that hide requests",
        ),
    ),
    "aws:cloudfront/distribution:Distribution": guarded(
        Safeguard(path=("webAclId",), otherwise="is open to attacks: it has no firewall")
    ),
    "aws:wafv2/webAcl:WebAcl": _evaluate_firewall,
    "aws:ec2/subnet:Subnet": guarded(
        Safeguard(
            path=("mapPublicIpOnLaunch",),
            safe=(False,),
            by_default=True,
            otherwise="gives its servers public addresses",
        )
    ),
}
"""What opens a network without a range."""
CLUSTER, CONFIG = "aws:eks/cluster:Cluster", "kubernetes:core/v1:ConfigMap"
PLUGIN = "amazon-vpc-cni"
NETWORK_POLICIES = (CLUSTER, CONFIG)


def isolation(resources: Sequence[Resource], _settings: Settings, verdict: Verdict) -> None:
    """Check that a cluster whose nodes AWS runs acts on NetworkPolicies, which a ConfigMap tells it. Source: EKS Auto
    Mode, network policies."""
    configs = [each for each in resources if each.type == CONFIG and each["metadata"]["name"].text == PLUGIN]
    for each in configs:
        _ENFORCED.evaluate(each, verdict)
    for cluster in (each for each in resources if each.type == CLUSTER and not configs):
        if cluster["computeConfig"]["enabled"].value is True:
            verdict.violated(cluster, f"ignores every NetworkPolicy: it has no ConfigMap {PLUGIN}")


_ENFORCED = Safeguard(
    path=("data", "enable-network-policy-controller"), safe=("true",), otherwise="ignores every NetworkPolicy"
)
LISTS = "aws:ec2/managedPrefixList:ManagedPrefixList"
INGRESS: Mapping[str, Callable[[Resource], Iterator[Opening]]] = {
    "aws:ec2/securityGroup:SecurityGroup": _inline,
    DEFAULT_GROUP: _inline,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _group_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ingress_rule,
    LISTS: _prefix_list,
    "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry": _prefix_list,
    "aws:ec2/networkAcl:NetworkAcl": _network_acl,
    "aws:ec2/networkAclRule:NetworkAclRule": _network_acl,
    "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl": _network_acl,
    CLUSTER: _eks,
    "aws:lambda/functionUrl:FunctionUrl": _function,
}

_BESIDE = {
    "aws:ec2/securityGroupRule:SecurityGroupRule": "securityGroupId",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "securityGroupId",
}
RULE_GROUPS = {
    "aws:ec2/securityGroup:SecurityGroup": RuleGroup("id", _BESIDE),
    DEFAULT_GROUP: RuleGroup("id", _BESIDE),
}

INTERNAL = {
    "service.beta.kubernetes.io/aws-load-balancer-internal": ("true", "0.0.0.0/0"),
    "service.beta.kubernetes.io/aws-load-balancer-scheme": ("internal",),
}
_NAMING = ("prefixListId", "prefixListIds")


def named_lists(resources: Sequence[Resource], settings: Settings, verdict: Verdict) -> None:
    """Check that prefix lists with a literal id belong to the stack, where they are checked separately."""
    known = {each["id"].text for each in resources if each.type == LISTS} | set(settings["prefixLists"])
    for each in (each for each in resources if each.type in RULE_GROUPS or each.type in _BESIDE):
        for rule in listed(each["ingress"]) if each.type in RULE_GROUPS else [each.properties]:
            if each.type in _BESIDE and each["type"].text == "egress":
                continue
            for found in (found for key in _NAMING for found in listed(rule[key])):
                if not found.unknown and found.text not in known:
                    problem = f"opens to a prefix list that is not in the stack: {found.path}"
                    verdict.violated(each, f"{problem}; list it in prefixLists once it was looked at")
