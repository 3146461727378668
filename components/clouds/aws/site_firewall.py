"""The web ACL of a static site: AWS' managed rules for known attacks. The system's rate limit applies at the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

EDGE_REGION = "us-east-1"
"""Region of all global CloudFront resources."""
MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)


@dataclass(frozen=True, kw_only=True)
class SiteFirewallArgs:
    firewall_name: str
    tags: Mapping[str, str]


class SiteFirewall(pulumi.ComponentResource):
    """A web ACL; the distribution refers to `arn`."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: SiteFirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:aws:SiteFirewall", name, opts=opts)
        managed = [_managed(group, priority) for priority, group in enumerate(MANAGED, start=1)]
        acl = aws.wafv2.WebAcl(
            name,
            name=args.firewall_name,
            region=EDGE_REGION,
            scope="CLOUDFRONT",
            description="Known attacks",
            default_action=aws.wafv2.WebAclDefaultActionArgs(allow=aws.wafv2.WebAclDefaultActionAllowArgs()),
            rules=managed,
            visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True, metric_name=args.firewall_name, sampled_requests_enabled=True
            ),
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = acl.arn
        self.register_outputs({"arn": acl.arn})


def _managed(group: str, priority: int) -> aws.wafv2.WebAclRuleArgs:
    return aws.wafv2.WebAclRuleArgs(
        name=group,
        priority=priority,
        override_action=aws.wafv2.WebAclRuleOverrideActionArgs(none=aws.wafv2.WebAclRuleOverrideActionNoneArgs()),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                name=group, vendor_name="AWS"
            )
        ),
        visibility_config=_visible(group),
    )


def _visible(name: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgs:
    return aws.wafv2.WebAclRuleVisibilityConfigArgs(
        cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
